import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { parseDocument } from "yaml";
import { projectDir } from "../../scripts/setup/paths";
import { SetupError } from "../../scripts/setup/step";
import { Lab } from "../lab/lab";
import { overlap } from "../lab/network";
import type { Pi } from "../lab/pi";
import { parseStat } from "../lab/process";
import { mergeStack } from "../lab/stackFile";
import { ownNamespaces, processesIn, traces } from "../lab/trace";
import { waitFor } from "../lab/wait";

const name = "labtest";

/** Answers each UDP packet on port 5060 with the host's name: the slim image has no other language than Perl. */
const answering = `
  use IO::Socket::INET;
  my $s = IO::Socket::INET->new(Proto => "udp", LocalPort => 5060) or die "port 5060: $!";
  while (defined(my $from = $s->recv(my $text, 100))) { $s->send($ENV{HOSTNAME}, 0, $from) }`;

async function askOn5060(pi: Pi): Promise<string> {
  const socket = dgram.createSocket("udp4").unref();
  try {
    socket.send("who are you?", 5060, pi.address);
    const [answer] = await once(socket, "message", { signal: AbortSignal.timeout(1000) });
    return String(answer);
  } finally {
    socket.close();
  }
}

const runAnswering = (pi: Pi): Promise<string> => {
  const options = [
    "--detach",
    "--name=answering",
    "--network=host",
    "--restart=unless-stopped",
    "--volume=data:/data",
  ];
  return pi.docker("run", ...options, "debian:bookworm-slim", "perl", "-e", answering);
};

const containersOf = (pi: Pi): Promise<string> => pi.docker("ps", "--all", "--quiet", "--no-trunc");

/** Runs `npm run lab -- ARGS`, without npm. */
const labScript = (...args: string[]) => {
  const options = { cwd: projectDir, reject: false, preferLocal: true };
  return execa("tsx", [path.join(projectDir, "scripts/lab.ts"), ...args], options);
};

describe("the lab's parts", () => {
  it("knows a process by its start time, whatever the process calls itself", () => {
    const rest = "1 1 1 0 -1 4194560 154 0 0 0 0 0 0 0 20 0 1 0 136893 4464640 748";
    assert.deepEqual(parseStat(`21040 (a) Z (b) S ${rest}`), {
      pid: 21040,
      startTime: "136893",
      zombie: false,
    });
    assert.deepEqual(parseStat(`21040 (bash) Z ${rest}`), { pid: 21040, startTime: "136893", zombie: true });
    assert.throws(() => parseStat(""), /expected a line of \/proc\/PID\/stat, got ""/);
  });

  it("takes no subnet that overlaps another network", () => {
    assert.ok(overlap("10.0.0.0/8", "10.213.0.0/24"));
    assert.ok(overlap("10.213.0.0/24", "10.213.0.53"));
    assert.ok(!overlap("10.213.1.0/24", "10.213.0.0/24"));
    assert.ok(overlap("192.168.0.1", "0.0.0.0/0"));
  });

  it("keeps what Pulumi.lab.yaml says, but for the Pis, and takes the Asterisk of the stack local", () => {
    const local = parseDocument(
      "config: { 'asterisk-rpi5:asterisk': { version: 22.11.0 }, 'asterisk-rpi5:pis': {} }",
    );
    const salted = parseDocument("encryptionsalt: v1:salt\nconfig: { 'asterisk-rpi5:pis': { pi9: {} } }");
    const pis = { pi1: { host: "ssh://pi@10.213.0.11", hostKey: "ssh-ed25519 AAAA", identityFile: "key" } };
    const expected = { "asterisk-rpi5:asterisk": { version: "22.11.0" }, "asterisk-rpi5:pis": pis };
    assert.deepEqual(mergeStack(salted, local, pis).toJS(), { encryptionsalt: "v1:salt", config: expected });
    assert.deepEqual(mergeStack(parseDocument(""), local, pis).toJS(), { config: expected });
    const own = parseDocument("config: { 'asterisk-rpi5:asterisk': { version: 20.1.0 } }");
    const kept = { ...expected, "asterisk-rpi5:asterisk": { version: "20.1.0" } };
    assert.deepEqual(mergeStack(own, local, pis).toJS(), { config: kept });
  });

  for (const [args, message] of [
    [[], /^Expected a command\.\n\nUsage/],
    [["up"], /^up needs the number of Pis, such as: npm run lab -- up 2; got ""/],
    [["up", "0"], /^A lab has 1 to 20 Pis; got 0\./],
    [["unplug", "pi1"], /^Expected a command, got "unplug pi1"\./],
    [["up", "1", "--engine", "podman"], /^--engine expects machine or sid; got "podman"\./],
    [["cut", "pi1", "--engine", "sid"], /^--engine goes with up only\./],
    [["down", "--name", "../x"], /^A lab's name is .*; got "\.\.\/x"\./],
  ] as const) {
    it(`refuses \`npm run lab -- ${args.join(" ")}\` with one message`, async () => {
      const { exitCode, stdout, stderr } = await labScript(...args);
      assert.equal(exitCode, 1);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^ +at /m);
    });
  }
});

describe("the lab", function () {
  this.timeout("2m");
  let untouched: Record<string, string[]>;
  let lab: Lab;
  let pi1: Pi;
  let pi2: Pi;

  before(async () => {
    // A run of this test may have been killed.
    for (const left of [name, "labtoo"]) await Lab.down({ name: left });
    untouched = await traces();
    lab = await Lab.up(2, { name });
    pi1 = lab.pi("pi1");
    pi2 = lab.pi("pi2");
  });

  after(() => Lab.down({ name }));

  it("gives each Pi an Engine of its own, reached by SSH as user pi, who is not root", async () => {
    const ask = "hostname; whoami; docker info --format '{{.ID}}'";
    const [[host1, user1, engine1], [host2, user2, engine2]] = await Promise.all([
      pi1.ssh(ask).then((text) => text.split("\n")),
      pi2.ssh(ask).then((text) => text.split("\n")),
    ]);
    assert.deepEqual([host1, user1, host2, user2], ["pi1", "pi", "pi2", "pi"]);
    assert.equal(engine1, await pi1.docker("info", "--format", "{{.ID}}"));
    const operator = (await execa("docker", ["info", "--format", "{{.ID}}"])).stdout;
    assert.equal(new Set([engine1, engine2, operator]).size, 3);
  });

  it("connects `docker system dial-stdio`, which ssh:// hosts are reached by, to the Pi's own Engine", async () => {
    const answer = await pi2.ssh("printf 'GET /info HTTP/1.0\\r\\n\\r\\n' | docker system dial-stdio");
    const id = await pi2.docker("info", "--format", "{{.ID}}");
    assert.ok(answer.startsWith("HTTP/1.0 200 OK") && answer.includes(id), answer);
  });

  it("starts each Pi with the Debian base images", async () => {
    for (const pi of lab.pis) {
      const images = await pi.docker("images", "--format", "{{.Repository}}:{{.Tag}}");
      assert.deepEqual(images.split("\n").sort(), ["debian:bookworm", "debian:bookworm-slim"]);
    }
  });

  it("refuses nobody who pins the right host key, and stops who pins another", async () => {
    await pi1.ssh("true", { hostKey: pi1.hostKey });
    await assert.rejects(pi1.ssh("true", { hostKey: pi2.hostKey }), /Host key verification failed/);
  });

  it("logs each SSH connection, so that tests can count them", async () => {
    const count = (): number =>
      readFileSync(pi1.sshdLog, "utf8").split("Accepted publickey for pi").length - 1;
    const earlier = count();
    await pi1.ssh("true");
    await pi1.ssh("true");
    assert.equal(count() - earlier, 2);
  });

  it("lets both Pis listen on port 5060 of the host network at once", async () => {
    await Promise.all([runAnswering(pi1), runAnswering(pi2)]);
    for (const pi of lab.pis) {
      await waitFor(`an answer from ${pi.name}`, 10, async () => (await askOn5060(pi)) === pi.name);
    }
  });

  it("shows no Pi's containers and images on another, nor on the machine's own Engine", async () => {
    const [on1, on2] = await Promise.all([containersOf(pi1), containersOf(pi2)]);
    assert.match(on1, /^[0-9a-f]{64}$/);
    assert.match(on2, /^[0-9a-f]{64}$/);
    assert.notEqual(on1, on2);
    await pi1.docker("tag", "debian:bookworm-slim", `only-on-${name}-pi1`);
    const images = [await pi2.docker("images"), (await execa("docker", ["images"])).stdout];
    assert.doesNotMatch(images.join("\n"), /only-on/);
    const { stdout: onMachine } = await execa("docker", ["ps", "--all", "--quiet", "--no-trunc"]);
    assert.ok(!onMachine.includes(on1) && !onMachine.includes(on2));
  });

  it("lets a docker build on a Pi reach Debian's packages", async () => {
    const context =
      "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install --download-only --yes file\n";
    const build = ["--host", `unix://${pi1.socket}`, "build", "--no-cache", "--tag", "fetched", "-"];
    await execa("docker", build, { input: context });
    assert.match(await pi1.docker("images"), /^fetched /m);
  });

  it("loads an image from one Pi into another", async () => {
    await pi2.loadImage(
      execa("docker", ["--host", `unix://${pi1.socket}`, "save", "fetched"], { buffer: false }),
    );
    assert.match(await pi2.docker("images"), /^fetched /m);
  });

  it("loses what is sent to a Pi whose cable is cut, keeps it running, and finds it again", async () => {
    const started = await pi1.docker("inspect", "--format", "{{.State.StartedAt}}", "answering");
    await pi1.cut();
    await assert.rejects(askOn5060(pi1));
    await assert.rejects(pi1.ssh("true"), /timed out|No route to host/);
    assert.equal(await askOn5060(pi2), "pi2");
    await pi1.restore();
    await waitFor("an answer from pi1", 10, async () => (await askOn5060(pi1)) === "pi1");
    assert.equal(await pi1.ssh("hostname"), "pi1");
    assert.equal(await pi1.docker("inspect", "--format", "{{.State.StartedAt}}", "answering"), started);
  });

  it("brings containers, volumes and host key back after a power cut", async () => {
    await pi1.docker("exec", "answering", "sh", "-c", "echo kept > /data/file && sync");
    const [containers, hostKey, pid] = [await containersOf(pi1), pi1.hostKey, pi1.pid];
    assert.ok(pid);
    const namespaces = ownNamespaces(pid);
    assert.ok(processesIn(namespaces).length > 5);
    await pi1.powerOff();
    assert.deepEqual(processesIn(namespaces), []);
    await assert.rejects(pi1.ssh("true"), /timed out|No route to host/);
    await assert.rejects(pi1.docker("version"));
    assert.equal(await askOn5060(pi2), "pi2");
    await pi1.powerOn();
    await waitFor("an answer from pi1", 20, async () => (await askOn5060(pi1)) === "pi1");
    assert.equal(await containersOf(pi1), containers);
    assert.equal(await pi1.docker("exec", "answering", "cat", "/data/file"), "kept");
    assert.equal(await pi1.ssh("hostname", { hostKey }), "pi1");
  });

  it("starts a killed dockerd again, as systemd does on a Pi", async () => {
    const pid = await pi1.exec("cat", "/run/docker.pid");
    await pi1.exec("kill", "-KILL", pid);
    await waitFor("another dockerd", 30, async () => {
      await pi1.docker("version");
      return (await pi1.exec("cat", "/run/docker.pid")) !== pid;
    });
    // Docker 20.10 then ends the containers that went on without it, and counts that as a stop by hand: unless-stopped
    // does not start them again.
    await pi1.docker("start", "answering");
    await waitFor("an answer from pi1", 10, async () => (await askOn5060(pi1)) === "pi1");
  });

  it("leaves another lab alone", async () => {
    const other = await Lab.up(1, { name: "labtoo" });
    try {
      assert.notEqual(other.pi("pi1").address, pi1.address);
      assert.equal(await other.pi("pi1").ssh("hostname"), "pi1");
    } finally {
      await Lab.down({ name: "labtoo" });
    }
    assert.equal(await askOn5060(pi1), "pi1");
    assert.equal(await pi2.ssh("hostname"), "pi2");
  });

  it("is named to whoever takes another one down that is not up", async () => {
    const { stdout } = await labScript("down", "--name", "labtoo");
    assert.match(stdout, /^No such lab was up\. There is .*\blabtest\b.*npm run lab -- down --name/);
  });

  it("is not started twice, and says what to do", async () => {
    await assert.rejects(
      Lab.up(1, { name }),
      (error) => error instanceof SetupError && /is up.*npm run lab -- down/.test(error.message),
    );
    assert.equal(await pi2.ssh("hostname"), "pi2");
  });

  it("is removed without a trace after a crash, and can be started again", async () => {
    const inits = lab.pis.map((pi) => pi.pid ?? assert.fail(`${pi.name} is off`));
    const namespaces = inits.flatMap(ownNamespaces);
    // One Pi loses its Engine, the other one everything; both are ours by their pids.
    await pi1.exec("kill", "-KILL", await pi1.exec("cat", "/run/docker.pid"));
    process.kill(inits[1] ?? assert.fail(), "SIGKILL");

    await Lab.down({ name });
    assert.deepEqual(processesIn(namespaces), []);
    assert.deepEqual(await traces(), untouched);
    assert.ok(!existsSync(pi1.identityFile));

    lab = await Lab.up(1, { name });
    assert.equal(await lab.pi("pi1").ssh("hostname"), "pi1");
  });

  it("is removed without a trace while all is well, and a second time without complaint", async () => {
    const namespaces = lab.pis.flatMap((pi) => ownNamespaces(pi.pid ?? assert.fail(`${pi.name} is off`)));
    assert.equal(await Lab.down({ name }), true);
    assert.deepEqual(processesIn(namespaces), []);
    assert.deepEqual(await traces(), untouched);
    assert.equal(await Lab.down({ name }), false);
  });
});
