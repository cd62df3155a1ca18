import execa from "execa";
import { runScript } from "./script";
import { SetupError } from "./setup/step";

const usage = "Usage: npm run hostkey -- HOST[:PORT]   (such as raspberrypi.local)";

/** Seconds that a host may take to answer. */
const timeout = "10";

/** Shows the line for a stack's file that pins a host's key, and the fingerprint by which to know it. */
async function main([host, ...rest]: string[]): Promise<void> {
  const [, user, address, port] = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\w[\w.-]*)(?::(\d+))?$/.exec(host ?? "") ?? [];
  if (address === undefined || rest.length > 0) throw new SetupError(usage);
  // What ~/.ssh/config makes of the name, as it will be for `pulumi up`.
  const options = [...(user ? ["-l", user] : []), ...(port ? ["-p", port] : [])];
  const asked = await execa("ssh", ["-G", ...options, address], { reject: false });
  if (asked.failed) throw new SetupError(asked.stderr || "There is no ssh here: install OpenSSH's client");
  const resolved = asked.stdout.split("\n");
  const setting = (name: string) =>
    resolved.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  if (setting("proxyjump") ?? setting("proxycommand"))
    throw new SetupError(
      `${address} is behind another host, where ssh-keyscan cannot go. Take the key from the Pi itself: ` +
        "cat /etc/ssh/ssh_host_ed25519_key.pub",
    );
  const scan = [
    "-t",
    "ed25519,ecdsa,rsa",
    "-T",
    timeout,
    "-p",
    setting("port") ?? "22",
    setting("hostname") ?? address,
  ];
  const { stdout, stderr } = await execa("ssh-keyscan", scan, { reject: false });
  const keys = ["ed25519", "ecdsa", "rsa"].flatMap((type) => {
    const key = new RegExp(`^\\S+ ((?:ssh-)?${type}\\S* \\S+)$`, "m").exec(stdout)?.[1];
    return key ? [{ type, key }] : [];
  });
  const [found] = keys;
  if (found === undefined)
    throw new SetupError(
      `${address} shows no host key on port ${setting("port")}: is it switched on, and does its sshd run?\n${stderr}`.trim(),
    );
  const { stdout: fingerprint } = await execa("ssh-keygen", ["-l", "-f", "-"], { input: found.key });
  console.log(`hostKey: ${found.key}

It came over the network, where somebody in between may have put another in its place. Its fingerprint is
  ${fingerprint.split(" ")[1]}
Compare it with what the Pi itself shows: ssh-keygen -l -f /etc/ssh/ssh_host_${found.type}_key.pub`);
}

runScript(main);
