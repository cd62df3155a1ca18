import execa from "execa";
import { SetupError } from "./setup/step";

const usage = "Usage: npm run hostkey -- HOST[:PORT]   (such as raspberrypi.local)";

/** Seconds that a host may take to answer. */
const timeout = "10";

/** Shows the line for a stack's file that pins a host's key, and the fingerprint by which to know it. */
async function main([host, ...rest]: string[]): Promise<void> {
  const [, address, port = "22"] = /^(?:ssh:\/\/)?(?:[^@]+@)?([^@:/]+)(?::(\d+))?$/.exec(host ?? "") ?? [];
  if (address === undefined || rest.length > 0) throw new SetupError(usage);
  const scan = ["-t", "ed25519", "-T", timeout, "-p", port, address];
  const { stdout, stderr } = await execa("ssh-keyscan", scan, { reject: false });
  const key = /^\S+ (ssh-ed25519 \S+)$/m.exec(stdout)?.[1];
  if (key === undefined)
    throw new SetupError(
      `${address} shows no ed25519 key on port ${port}: is it switched on, and does its sshd run?\n${stderr}`.trim(),
    );
  const { stdout: fingerprint } = await execa("ssh-keygen", ["-l", "-f", "-"], { input: key });
  console.log(`hostKey: ${key}

Anyone on the way could have sent this one. Its fingerprint is
  ${fingerprint.split(" ")[1]}
Compare it with what the Pi itself shows: ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
