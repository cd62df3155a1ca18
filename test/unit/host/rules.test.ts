import assert from "node:assert/strict";
import { defaultVolumes, volumeParts, volumePaths } from "../../../config/volumes";
import { type Facts, type FoundContainer, parseFacts, summary } from "../../../host/facts";
import { findings, type Plan, platformOf, rules } from "../../../host/rules";

const GiB = 1024 * 1024;

/** A Raspberry Pi 5 on which all is well. */
const pi5: Facts = {
  machine: "aarch64",
  model: "Raspberry Pi 5 Model B Rev 1.0",
  clockSkew: 0,
  memoryKiB: 8 * GiB,
  dockerVersion: "28.5.2",
  dockerArch: "arm64",
  dockerRoot: "/var/lib/docker",
  freeKiB: 20 * GiB,
  images: {},
  volumes: [],
  looked: true,
  listeners: [],
};
const building = { builds: true, volumes: defaultVolumes };

/** A container that docker compose made, long ago. */
const composed: FoundContainer = {
  id: "c0ffee",
  name: "asterisk",
  status: "running",
  image: "my-asterisk",
  labels: {},
  mounts: [],
  user: "",
  autoRemove: false,
};
const ours = { ...composed, labels: { "asterisk-rpi5.container": "2026-01-01" } };
const volumesOfOurs = volumeParts.map((part) => ({
  Type: "volume",
  Destination: volumePaths[part],
  Name: defaultVolumes[part],
  Source: "",
}));

const faultsOf = (facts: Facts, plan: Plan) => findings("error", facts, plan);

describe("the rules for a host", () => {
  it("find nothing wrong with a Raspberry Pi 5", () => {
    assert.deepEqual(faultsOf(pi5, building), []);
    assert.deepEqual(findings("warning", pi5, building), []);
  });

  const cases: { rule: string; facts: Partial<Facts>; says: RegExp }[] = [
    { rule: "architecture", facts: { machine: "armv7l", dockerArch: "arm" }, says: /armv7l.*64-bit/ },
    { rule: "architecture", facts: { dockerArch: "arm" }, says: /Engine is made for arm: .*64-bit/ },
    {
      rule: "engine",
      facts: { dockerFault: "Cannot connect" },
      says: /apt-get install docker.io.*Cannot connect/,
    },
    { rule: "engine", facts: { dockerFault: "dial unix: permission denied" }, says: /usermod -aG docker/ },
    { rule: "engine", facts: { dockerFault: "no answer within 20 s" }, says: /hangs.*restart docker/ },
    { rule: "engine version", facts: { dockerVersion: "20.9.1" }, says: /20\.9\.1.*20\.10 or newer/ },
    { rule: "memory", facts: { memoryKiB: 1 * GiB }, says: /1\.0 GB of memory.*2 GB/ },
    {
      rule: "disk",
      facts: { freeKiB: 5 * GiB },
      says: /5\.0 GB are free in \/var\/lib\/docker.*6\.0 GB.*docker system df/,
    },
    {
      rule: "disk",
      facts: { freeKiB: 5 * GiB, images: { "asterisk-rpi5-builder:22.10.1-0123456789ab": "2026-01-01" } },
      says: /docker image rm asterisk-rpi5-builder:22\.10\.1-0123456789ab \(of earlier builds\)/,
    },
    {
      rule: "port 5060",
      facts: { listeners: [{ protocol: "udp", process: "kamailio", pid: "77" }] },
      says: /port 5060 \(UDP\).*kamailio \(pid 77\)/,
    },
    {
      rule: "advised memory",
      facts: { memoryKiB: 2 * GiB, swapKiB: GiB / 2 },
      says: /2\.0 GB of memory and 0\.5 GB of swap.*4 GB/,
    },
    {
      rule: "throttling",
      facts: { throttled: 0x50005 },
      says: /\(under-voltage, slowed down\).*power supply/,
    },
    { rule: "temperature", facts: { temperature: 83.2 }, says: /83\.2 °C/ },
    { rule: "clock", facts: { clockSkew: -120 }, says: /120 s behind/ },
    { rule: "port 5060", facts: { listeners: [{ protocol: "tcp" }] }, says: /\(TCP\).*another process/ },
    {
      rule: "container",
      facts: { container: composed },
      says: /not made \(running, of the image my-asterisk\).*npm run adopt -- <stack> <pi>/,
    },
    {
      rule: "volumes of a compose project",
      facts: { volumes: ["pi_asterisk-spool", "pi_asterisk-config"] },
      says: /at asterisk-rpi5:pis\.<pi>: volumes: \{ config: pi_asterisk-config, spool: pi_asterisk-spool \}/,
    },
    {
      rule: "lost volumes",
      facts: { volumes: ["asterisk-config", "asterisk-sounds", "asterisk-logs"] },
      says: /its volume asterisk-spool is gone/,
    },
    { rule: "lost volumes", facts: { runtimeImage: true }, says: /its volumes asterisk-config, .* are gone/ },
    {
      rule: "look",
      facts: { container: ours, looked: false },
      says: /no command can be run in it.*try again/,
    },
    {
      rule: "health",
      facts: { container: { ...ours, health: "unhealthy" } },
      says: /does not answer.*docker restart/,
    },
    { rule: "calls", facts: { calls: 1 }, says: /a call in progress/ },
  ];
  for (const { rule, facts, says } of cases)
    it(`refuse by "${rule}": ${JSON.stringify(facts)}`, () => {
      const level = rules.find(({ name }) => name === rule)?.level ?? assert.fail();
      const faults = findings(level, { ...pi5, ...facts }, building);
      assert.equal(faults.length, 1);
      assert.match(faults[0] ?? "", says);
    });

  it("are each tested", () => {
    assert.deepEqual(new Set(cases.map(({ rule }) => rule)), new Set(rules.map(({ name }) => name)));
  });

  it("ask for less where nothing is compiled", () => {
    assert.deepEqual(
      faultsOf({ ...pi5, memoryKiB: 1 * GiB, freeKiB: 2 * GiB }, { ...building, builds: false }),
      [],
    );
    assert.equal(faultsOf({ ...pi5, freeKiB: 0.5 * GiB }, { ...building, builds: false }).length, 1);
  });

  it("take a listener that shows no process for the container that runs, or that may run", () => {
    const listeners = [{ protocol: "udp" }];
    assert.deepEqual(faultsOf({ ...pi5, container: ours, listeners }, building), []);
    assert.equal(faultsOf({ ...pi5, dockerFault: "no answer within 20 s", listeners }, building).length, 1);
  });

  it("let a container of somebody else's be that the configuration takes over, and one of this project's image with its volumes", () => {
    assert.deepEqual(faultsOf({ ...pi5, container: composed }, { ...building, adopts: composed.id }), []);
    assert.equal(faultsOf({ ...pi5, container: composed }, { ...building, adopts: "decaf" }).length, 1);
    assert.deepEqual(faultsOf({ ...pi5, container: ours }, building), []);
    const byHand = { ...composed, labels: { "asterisk-rpi5.image": "runtime" } };
    assert.equal(faultsOf({ ...pi5, container: byHand }, building).length, 1);
    assert.deepEqual(faultsOf({ ...pi5, container: { ...byHand, mounts: volumesOfOurs } }, building), []);
  });

  it("say nothing of volumes while a container is there to be taken over, with its own", () => {
    const facts = { ...pi5, container: composed, volumes: ["home_asterisk-config"], runtimeImage: true };
    for (const adopts of [undefined, composed.id])
      assert.deepEqual(findings("warning", facts, { ...building, adopts }), []);
  });

  it("accept engine 20.10, the oldest with what the Dockerfile uses", () => {
    assert.deepEqual(faultsOf({ ...pi5, dockerVersion: "20.10.24+dfsg1" }, building), []);
  });
});

describe("a host's facts", () => {
  it("are shown in a line by which a person knows the host", () => {
    assert.equal(
      summary({ ...pi5, cores: 4, imageStore: "overlay2" }),
      "Raspberry Pi 5 Model B Rev 1.0, 4 cores, 8.0 GB memory, 20.0 GB free, Docker 28.5.2 (overlay2)",
    );
  });

  it("are read from the lines that facts.sh prints", () => {
    const facts = parseFacts(
      [
        "machine=x86_64",
        "clock=1000100",
        "throttled=0x50005",
        "temperature=48.3",
        "memoryKiB=24684096",
        "dockerVersion=20.10.24+dfsg1",
        "dockerArch=amd64",
        "dockerRoot=/var/lib/docker",
        "freeKiB=78539384",
        "image=asterisk-rpi5-builder:22.10.1-0123456789ab 2026-11-23T12:00:00.000Z",
        'container={"id":"343e50042af6","name":"/asterisk","status":"running","image":"asterisk","labels":null,"mounts":[],"user":"asterisk","autoRemove":false}',
        "volume=asterisk-spool",
        "volume=asterisk-logs",
        "verified=343e50042af6",
        "",
        "calls=2",
        "listener=tcp 1322 kamailio",
        "listener=udp ",
        "exit=0",
      ],
      1_000_000_000,
    );
    assert.equal(facts.clockSkew, 100);
    assert.equal(facts.throttled, 0x50005);
    assert.equal(facts.temperature, 48.3);
    assert.deepEqual(facts.images, {
      "asterisk-rpi5-builder:22.10.1-0123456789ab": "2026-11-23T12:00:00.000Z",
    });
    assert.deepEqual(facts.container, {
      status: "running",
      id: "343e50042af6",
      name: "asterisk",
      image: "asterisk",
      labels: {},
      mounts: [],
      user: "asterisk",
      autoRemove: false,
    });
    assert.deepEqual(facts.volumes, ["asterisk-spool", "asterisk-logs"]);
    assert.deepEqual([facts.verified, facts.calls], ["343e50042af6", 2]);
    assert.deepEqual(facts.listeners, [
      { protocol: "tcp", pid: "1322", process: "kamailio" },
      { protocol: "udp", pid: undefined, process: undefined },
    ]);
    assert.equal(platformOf(facts), "linux/amd64");
  });
});
