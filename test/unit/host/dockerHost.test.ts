import assert from "node:assert/strict";
import { dockerHost, quoted } from "../../../host/dockerHost";
import { faultOf } from "../../../host/facts";
import { unreachable } from "../../../host/prepare";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4GmTHg7cfMuZW8ZxkeGn3wOyoz4hEJ0KS4hVt2Zc5v";
const pi = { host: "ssh://pi@raspberrypi.local:2222", hostKey };
const optionsOf = (sshOpts: string[]) =>
  Object.fromEntries(
    sshOpts.filter((word) => word !== "-o").map((option) => option.split(/=(.*)/s).slice(0, 2)),
  );

describe("a Docker host", () => {
  it("is reached over ssh with the pinned key alone, and never asks", () => {
    const options = optionsOf(dockerHost("office", "pbx", pi).sshOpts);
    assert.equal(options.KnownHostsCommand, `/bin/echo %H ${hostKey}`);
    assert.equal(options.StrictHostKeyChecking, "yes");
    assert.equal(options.UserKnownHostsFile, "/dev/null");
    assert.equal(options.BatchMode, "yes");
    assert.equal(options.ControlMaster, "auto");
  });

  const controlPath = (stack: string, name: string, config = pi, home = "/home/pi") =>
    optionsOf(dockerHost(stack, name, config, home).sshOpts).ControlPath ?? "";

  it("has one connection of its own for each stack and Pi, and for each way to authenticate", () => {
    const others = [
      controlPath("branch", "pbx"),
      controlPath("office", "door"),
      controlPath("office", "pbx", { ...pi, host: "ssh://root@raspberrypi.local:2222" }),
      controlPath("office", "pbx", { ...pi, hostKey: `${hostKey}=` }),
      controlPath("office", "pbx", { ...pi, identityFile: "id" } as typeof pi),
    ];
    assert.equal(new Set([controlPath("office", "pbx"), ...others]).size, 1 + others.length);
    assert.equal(controlPath("office", "pbx"), controlPath("office", "pbx"));
  });

  it("has its connection's socket in the home of whoever runs, on a path that a socket can have", () => {
    const long = controlPath("stack".repeat(20), "pi".repeat(50));
    assert.equal(long.length, controlPath("s", "h").length);
    assert.match(long, /^~\/\.ssh\/[\w-]+$/);
    // 103 bytes on macOS, of which ssh takes 17 while it makes the socket.
    const homeOf = (bytes: number) => `/${"h".repeat(bytes - 1)}`;
    const room = 103 - 17 - (controlPath("s", "h").length - 1);
    assert.notEqual(controlPath("s", "h", pi, homeOf(room)), "none");
    assert.equal(controlPath("s", "h", pi, homeOf(room + 1)), "none");
    assert.equal(controlPath("s", "h", pi, `/${"é".repeat(room / 2)}`), "none");
  });

  it("takes port, user and identity file to every command", () => {
    const host = dockerHost("office", "pbx", { ...pi, identityFile: "keys/my pi" });
    assert.match(
      host.shell,
      /^ssh -o .*'IdentityFile="keys\/my pi"' -o IdentitiesOnly=yes -p 2222 pi@raspberrypi.local 'sh -s --'$/,
    );
    assert.equal(
      host.interactive("docker ps"),
      "ssh -t -o IdentitiesOnly=yes -i 'keys/my pi' -p 2222 pi@raspberrypi.local 'docker ps'",
    );
  });

  it("needs no ssh on this machine, and names a socket that is not Docker's own", () => {
    const usual = dockerHost("office", "pbx", { host: "unix:///var/run/docker.sock" });
    assert.deepEqual(usual.sshOpts, []);
    assert.equal(usual.interactive("docker ps"), "docker ps");
    const other = dockerHost("office", "pbx", { host: "unix:///run/other.sock" });
    assert.equal(other.interactive("docker ps"), "env DOCKER_HOST=unix:///run/other.sock docker ps");
  });

  it("that cannot be asked is told in ssh's own words, with what to do", () => {
    const told = (fault: string) => unreachable("ssh://pi@pbx", fault);
    assert.match(
      told("Host key verification failed."),
      /not the hostKey of the configuration.*ssh said: Host key/,
    );
    assert.match(
      told("Host key verification failed.; Connection closed by UNKNOWN port 65535"),
      /the jump host .* known_hosts/,
    );
    assert.match(told("no such identity: /k: No such file; pi@pbx: Permission denied"), /no such key file/);
    assert.match(told("command-line: line 0: Bad configuration option: knownhostscommand"), /OpenSSH 8\.5/);
    assert.match(told("pi@pbx: Permission denied (publickey)."), /ssh-copy-id.*identityFile/);
    assert.match(told("ssh: connect to host pbx port 22: No route to host"), /switched on/);
    assert.match(told("something else"), /try ssh by hand.*something else/);
  });

  it("tells what ssh said last, and behind a jump host what it said of that", () => {
    assert.equal(
      faultOf("Warning: something\r\nHost key verification failed.\r"),
      "Host key verification failed.",
    );
    assert.equal(
      faultOf(
        "ssh: connect to host jump port 22: No route to host\nConnection closed by UNKNOWN port 65535\n",
      ),
      "ssh: connect to host jump port 22: No route to host; Connection closed by UNKNOWN port 65535",
    );
    assert.match(
      faultOf(
        "Received disconnect from h port 22:2: Too many authentication failures\nDisconnected from h port 22",
      ) ?? "",
      /Too many/,
    );
    assert.equal(
      faultOf("no such identity: /k: No such file or directory\npi@h: Permission denied (publickey).\n"),
      "no such identity: /k: No such file or directory; pi@h: Permission denied (publickey).",
    );
    assert.equal(faultOf("\n"), undefined);
  });

  it("quotes a word for the shell only where it must", () => {
    assert.equal(quoted("plain-word"), "plain-word");
    assert.equal(quoted("it's"), `'it'\\''s'`);
  });
});
