import assert from "node:assert/strict";
import { dockerHost, quoted } from "../../../host/dockerHost";
import { unreachable } from "../../../host/prepare";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4GmTHg7cfMuZW8ZxkeGn3wOyoz4hEJ0KS4hVt2Zc5v";
const pi = { host: "ssh://pi@raspberrypi.local:2222", hostKey };
const optionsOf = (sshOpts: string[]) =>
  Object.fromEntries(
    sshOpts.filter((word) => word !== "-o").map((option) => option.split(/=(.*)/s).slice(0, 2)),
  );

describe("a Docker host", () => {
  it("is reached over ssh with the pinned key alone, and never asks", () => {
    const options = optionsOf(dockerHost("a/b/c", pi).sshOpts);
    assert.equal(options.KnownHostsCommand, `/bin/echo %H ${hostKey}`);
    assert.equal(options.StrictHostKeyChecking, "yes");
    assert.equal(options.UserKnownHostsFile, "/dev/null");
    assert.equal(options.BatchMode, "yes");
    assert.equal(options.ControlMaster, "auto");
  });

  it("has one connection of its own for each stack and Pi, on a path that a socket can have", () => {
    const path = (owner: string) => optionsOf(dockerHost(owner, pi).sshOpts).ControlPath ?? "";
    assert.equal(path("p/office/pbx"), path("p/office/pbx"));
    assert.notEqual(path("p/office/pbx"), path("p/branch/pbx"));
    assert.ok(path("p/a-stack-with-a-name-that-goes-on-and-on/pbx").length < 40);
  });

  it("takes port, user and identity file to every command", () => {
    const host = dockerHost("a/b/c", { ...pi, identityFile: "keys/my pi" });
    assert.match(
      host.shell,
      /^ssh -o .*'IdentityFile="keys\/my pi"' -p 2222 pi@raspberrypi.local 'sh -s --'$/,
    );
    assert.equal(
      host.interactive("docker ps"),
      "ssh -t -i 'keys/my pi' -p 2222 pi@raspberrypi.local 'docker ps'",
    );
  });

  it("needs no ssh on this machine, and names a socket that is not Docker's own", () => {
    const usual = dockerHost("a/b/c", { host: "unix:///var/run/docker.sock" });
    assert.deepEqual(usual.sshOpts, []);
    assert.equal(usual.interactive("docker ps"), "docker ps");
    const other = dockerHost("a/b/c", { host: "unix:///run/other.sock" });
    assert.equal(other.interactive("docker ps"), "env DOCKER_HOST=unix:///run/other.sock docker ps");
  });

  it("that cannot be asked is told in ssh's own words, with what to do", () => {
    const told = (fault: string) => unreachable("ssh://pi@pbx", fault);
    assert.match(
      told("Host key verification failed."),
      /not the hostKey of the configuration.*ssh said: Host key/,
    );
    assert.match(told("pi@pbx: Permission denied (publickey)."), /ssh-copy-id.*identityFile/);
    assert.match(told("ssh: connect to host pbx port 22: No route to host"), /switched on/);
    assert.match(told("something else"), /try ssh by hand.*something else/);
  });

  it("quotes a word for the shell only where it must", () => {
    assert.equal(quoted("plain-word"), "plain-word");
    assert.equal(quoted("it's"), `'it'\\''s'`);
  });
});
