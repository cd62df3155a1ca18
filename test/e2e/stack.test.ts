import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { json } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import execa from "execa";
import { z } from "zod";
import { defaultVolumes } from "../../config/volumes";
import { parseFacts } from "../../host/facts";
import { findings } from "../../host/rules";
import { projectDir } from "../../scripts/setup/paths";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";
import { asteriskConfig, giveBuilder } from "./builder";
import { assertData, health, leaveData, removeBuilder, running } from "./data";
import { operatorsEngine } from "./operatorsEngine";
import { longestSilence } from "./outage";
import { callFromOutside, callSelftest } from "./sip/call";
import type { Site } from "./site";
import { siteOnLab } from "./siteOnLab";

const name = "e2e";

/** What a new container brings with it. */
const newContainer = { "pi1-asterisk-container": "replace", "pi1-verification-command": "replace" };

/** What a container that is gone brings with it: the way is cleared for a new one. */
const lostContainer = { "pi1-handover-command": "replace", ...newContainer };

/** https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerStats */
const stats = z.object({ cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }) });

describe("A Raspberry Pi over ssh", () => {
  let pi: Pi;
  let site: Site;
  let asterisk: Record<string, unknown>;
  let operatorsBefore: string;

  before(async function () {
    this.timeout("45m");
    operatorsBefore = await operatorsEngine();
    const made = await siteOnLab(name);
    site = made.site;
    pi = made.lab.pi("pi1");
    asterisk = await asteriskConfig();
    await giveBuilder(pi);
  });

  after(async function () {
    this.timeout("2m");
    site?.remove();
    await Lab.down({ name });
  });

  it("shows its host key as the line that the configuration wants", async function () {
    this.timeout("1m");
    assert.ok((await site.npmRun("hostkey", "--", pi.address)).includes(`hostKey: ${pi.hostKey}\n`));
  });

  it("runs Asterisk there, and compiles nothing where another Pi's builder image was loaded", async function () {
    this.timeout("5m");
    const { messages } = await site.up();
    assert.ok(!messages.some((line) => line.includes("[CC]")));
    assert.match(JSON.stringify(await site.outputs()), /"asteriskVersion":"\d+\.\d+\.\d+"/);
    assert.equal(await health(pi), "healthy");
  });

  it("leaves nothing to do for the next preview", async function () {
    this.timeout("2m");
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("leaves the operator's own engine as it was", async () => {
    assert.equal(await operatorsEngine(), operatorsBefore);
  });

  it("boots without an error or a warning", async () => {
    const log = await pi.docker("logs", "asterisk");
    assert.deepEqual(
      log.split("\n").filter((line) => /ERROR|WARNING/.test(line)),
      [],
    );
  });

  for (const transport of ["udp", "tcp"] as const)
    it(`answers a call over ${transport.toUpperCase()}, and sends back the sound that it hears`, async function () {
      this.timeout("1m");
      assert.ok((await callSelftest(pi, transport)) >= 90);
    });

  it("refuses a stranger's call", async function () {
    this.timeout("1m");
    assert.match(await callFromOutside(pi), /received 'SIP\/2\.0 401 Unauthorized/);
  });

  it("listens for SIP, and offers nothing else to the network", async () => {
    const rows = (await pi.exec("ss", "-Hlntup")).split("\n").filter((line) => line.includes('"asterisk"'));
    const sockets = rows.map((row) => {
      const [protocol, , , , local = ""] = row.split(/\s+/);
      return { protocol, local, port: Number(local.split(":").at(-1)) };
    });
    // Beside it, pjproject asks for names from two ports of those that the kernel gives to clients.
    const range = await pi.exec("cat", "/proc/sys/net/ipv4/ip_local_port_range");
    const [first = 0] = range.split(/\s+/).map(Number);
    assert.deepEqual(
      sockets.filter(({ port }) => port < first).map(({ protocol, local }) => `${protocol} ${local}`),
      ["udp 0.0.0.0:5060", "tcp 0.0.0.0:5060"],
    );
  });

  it("shows the console in docker logs", async () => {
    assert.match(await pi.docker("logs", "asterisk"), /Asterisk Ready/);
  });

  it("idles: less than 2 % of a core, less than 20 kB of log a minute", async function () {
    const window = 10;
    this.timeout("1m");
    const id = await pi.docker("inspect", "asterisk", "--format", "{{.Id}}");
    const log = await pi.docker("inspect", "asterisk", "--format", "{{.LogPath}}");
    const cpuNanoseconds = async () => {
      const socketPath = pi.socket;
      const request = http.get({ socketPath, path: `/containers/${id}/stats?stream=false&one-shot=true` });
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      return stats.parse(await json(response)).cpu_stats.cpu_usage.total_usage;
    };
    const logBytes = async () => Number(await pi.exec("stat", "-c", "%s", log));
    const [cpu, bytes] = [await cpuNanoseconds(), await logBytes()];
    await wait(window * 1000);
    const percent = (((await cpuNanoseconds()) - cpu) / (window * 1e9)) * 100;
    const bytesPerMinute = ((await logBytes()) - bytes) * (60 / window);
    assert.ok(percent < 2, `${percent} % of a core`);
    assert.ok(bytesPerMinute < 20_000, `${bytesPerMinute} bytes of log a minute`);
  });

  it("has an image of at most 180 MB, which starts Asterisk in the foreground with its console", async () => {
    const format = "{{json .Size}} {{json .Config.Entrypoint}} {{json .Config.Cmd}} {{json .Config.User}}";
    const image = await pi.docker("inspect", "asterisk", "--format", "{{.Image}}");
    const [size, ...rest] = (await pi.docker("image", "inspect", image, "--format", format)).split(" ");
    assert.ok(Number(size) <= 180e6, `${size} bytes`);
    assert.deepEqual(rest, ['["/usr/sbin/asterisk"]', '["-f","-vvvvv","-g","-c"]', '"asterisk"']);
  });

  it("brings a container that was stopped or removed back without being told to refresh", async function () {
    this.timeout("10m");
    for (const fault of [
      ["stop", "asterisk"],
      ["rm", "--force", "asterisk"],
    ]) {
      await pi.docker(...fault);
      assert.deepEqual((await site.preview()).changes, lostContainer);
      await site.up();
      assert.equal(await health(pi), "healthy");
      assert.deepEqual((await site.preview()).changes, {});
    }
  });

  it("builds the builder image again when it is gone, and leaves the running container alone", async function () {
    this.timeout("10m");
    const before = await running(pi);
    await removeBuilder(pi);
    assert.deepEqual((await site.preview()).changes, { "pi1-builder-image": "update" });
    await site.up();
    assert.equal(await running(pi), before);
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("replaces runtime image, container and verification for an edit of the runtime stage, and nothing else", async function () {
    this.timeout("2m");
    const dockerfile = path.join(site.folder, "docker/Dockerfile");
    const text = readFileSync(dockerfile, "utf8");
    writeFileSync(dockerfile, text.replace('title="Asterisk"', 'title="Asterisk PBX"'));
    const { changes } = await site.preview();
    writeFileSync(dockerfile, text);
    assert.deepEqual(changes, { "pi1-runtime-image": "replace", ...newContainer });
  });

  it("is silent for a moment only when its image is replaced: the new one is built before the old container stops", async function () {
    this.timeout("5m");
    appendFileSync(path.join(site.folder, "docker/runtime/healthcheck.sh"), "# another image\n");
    const since = Math.floor(Date.now() / 1000);
    const seconds = await longestSilence(pi, () => site.up());
    console.log(`        without an answer for ${seconds.toFixed(1)} s`);
    const filters = ["type=image", "type=container", "event=tag", "event=die", "event=start"].map(
      (filter) => `--filter=${filter}`,
    );
    const until = Math.ceil(Date.now() / 1000);
    const format = "--format={{.Type}} {{.Action}}";
    const events = await pi.docker("events", `--since=${since}`, `--until=${until}`, ...filters, format);
    assert.deepEqual(events.split("\n"), ["image tag", "container die", "container start"]);
  });

  it("names each fault of the configuration in one message, without a stack trace", async function () {
    this.timeout("2m");
    const good = readFileSync(path.join(site.folder, `Pulumi.${name}.yaml`), "utf8");
    site.configure({
      asterisk: { ...asterisk, packager: "rpm" },
      pis: { pi1: { host: "10.0.0.5" } },
      foo: 1,
    });
    const fault = await site.faultOf(site.preview());
    writeFileSync(path.join(site.folder, `Pulumi.${name}.yaml`), good);
    assert.deepEqual(fault.trim().split("\n"), [
      `Pulumi.${name}.yaml is not valid:`,
      '  asterisk-rpi5:asterisk.packager: expected fpm or dpkg-deb, got "rpm"',
      '  asterisk-rpi5:pis.pi1.host: expected ssh://user@host or unix:///path, got "10.0.0.5" (try ssh://pi@10.0.0.5)',
      '  asterisk-rpi5:pis.pi1.hostKey: is missing: expected the host\'s key such as "ssh-ed25519 AAAA..." (npm run hostkey -- HOST shows it)',
      "  asterisk-rpi5: unknown key foo (known: asterisk, pis)",
    ]);
  });

  it("says that port 5060 is taken, before anything is changed, and by which process to who may know", async function () {
    this.timeout("2m");
    await pi.docker("stop", "asterisk");
    const listener = "require('node:net').createServer().listen(5060, () => console.log('listens'))";
    const child = execa("nsenter", [`--net=${pi.netns}`, "node", "-e", listener]);
    try {
      await new Promise((resolve) => child.stdout?.once("data", resolve));
      const fault = await site.faultOf(site.preview());
      assert.match(
        fault,
        /^Nothing was changed:\n {2}pi1: port 5060 \(TCP\) is in use by another process, and Asterisk/,
      );
      assert.doesNotMatch(fault, /\n\s+at /);
      // The same script as root, in the network of the Pi and with the processes of this machine.
      const facts = await execa("nsenter", [
        `--net=${pi.netns}`,
        "sh",
        path.join(projectDir, "host/facts.sh"),
      ]);
      assert.match(facts.stdout, new RegExp(`^listener=tcp ${child.pid} node$`, "m"));
    } finally {
      child.kill();
      await child.catch(() => undefined);
      await pi.docker("start", "asterisk");
      await waitFor("Asterisk to be healthy again", 60, async () => (await health(pi)) === "healthy");
    }
  });

  it("says what to type when the user may not use the engine's socket, and when no engine answers", async function () {
    this.timeout("2m");
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    const ask = async (host: string) => {
      const script = path.join(projectDir, "host/facts.sh");
      const { stdout } = await execa("setpriv", [...nobody, "env", `DOCKER_HOST=unix://${host}`, "sh"], {
        input: readFileSync(script),
      });
      return findings("error", parseFacts(stdout.split("\n")), {
        builds: true,
        volumes: defaultVolumes,
      }).join();
    };
    assert.match(await ask(pi.socket), /sudo usermod -aG docker/);
    assert.match(
      await ask("/run/no-such-engine.sock"),
      /no Docker Engine answers.*apt-get install docker\.io/,
    );
  });

  it("does not wait for an engine that hangs, and says what to type", async function () {
    this.timeout("2m");
    const dockerd = await pi.exec("cat", "/run/docker.pid");
    await pi.exec("kill", "-STOP", dockerd);
    try {
      assert.match(await site.faultOf(site.preview()), /pi1: its Docker Engine hangs\. .*restart docker/);
    } finally {
      await pi.exec("kill", "-CONT", dockerd);
    }
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("leaves a container alone that somebody made of a copy of its own", async function () {
    this.timeout("5m");
    await pi.docker("commit", "asterisk", "copy");
    await pi.docker("create", "--name=copy", "copy");
    await pi.docker("rm", "--force", "asterisk");
    await site.up();
    assert.equal(await pi.docker("inspect", "copy", "--format={{.State.Status}}"), "created");
    await pi.docker("rm", "copy");
    await pi.docker("image", "rm", "copy");
  });

  it("rotates a log file that has grown, and keeps no more than four old ones", async function () {
    this.timeout("2m");
    const inContainer = (script: string) => pi.docker("exec", "asterisk", "sh", "-c", script);
    // One that is not Asterisk's, which does not get smaller by it.
    await inContainer("head -c 11000000 /dev/zero > /var/log/asterisk/trace.pcap && healthcheck");
    assert.equal(await inContainer("ls /var/log/asterisk | grep ^messages.log"), "messages.log");
    for (let round = 0; round < 6; round++)
      await inContainer("head -c 11000000 /dev/zero >> /var/log/asterisk/messages.log && healthcheck");
    const files = (await inContainer("ls /var/log/asterisk | grep ^messages.log")).split("\n");
    assert.deepEqual(files, [
      "messages.log",
      "messages.log.0",
      "messages.log.1",
      "messages.log.2",
      "messages.log.3",
    ]);
    await inContainer("rm /var/log/asterisk/messages.log.* /var/log/asterisk/trace.pcap");
  });

  it("says where the compiler's error is when a compile fails, and keeps the running container", async function () {
    this.timeout("20m");
    const before = await running(pi);
    const broken = path.join(site.folder, "broken");
    await copySource(site, broken);
    const file = path.join(broken, "apps/app_echo.c");
    writeFileSync(file, `${readFileSync(file, "utf8")}\nint this is no C;\n`);
    const good = readFileSync(path.join(site.folder, `Pulumi.${name}.yaml`), "utf8");
    writeFileSync(
      path.join(site.folder, `Pulumi.${name}.yaml`),
      good.replace(/source:\n( +\w+: .*\n)+/, `source:\n      directory: ${broken}\n`),
    );
    const fault = await site.faultOf(site.up());
    const log = await site.npmRun("build-log", "--", name);
    writeFileSync(path.join(site.folder, `Pulumi.${name}.yaml`), good);

    assert.match(fault, /npm run build-log -- STACK/);
    assert.match(log.split("\n").slice(-12).join("\n"), /app_echo\.c:\d+:\d+: error: /);
    assert.match(log, /^Compiling with \d+ jobs$/m, "from the first line on");
    assert.equal(await running(pi), before);
  });

  it("takes the container away on destroy, and keeps the volumes with all that is in them", async function () {
    this.timeout("10m");
    await leaveData(pi);
    // What is taken away need not meet the rules any more, nor the configuration.
    const good = readFileSync(path.join(site.folder, `Pulumi.${name}.yaml`), "utf8");
    site.configure({ asterisk, pis: {} });
    const { all, exitCode } = await site.npx("--stack", name, "destroy", "--yes");
    assert.equal(exitCode, 0, all);
    assert.equal(await pi.docker("ps", "--all", "--quiet"), "");
    writeFileSync(path.join(site.folder, `Pulumi.${name}.yaml`), good);
    await site.up();
    await assertData(pi);
  });

  it("is restored from a backup by the commands of the README, also on new volumes", async function () {
    this.timeout("10m");
    const readme = readFileSync(path.join(projectDir, "README.md"), "utf8");
    const [backup = "", restore = ""] = ["tar -cC /data", "tar -xC /data"].map(
      (tar) => new RegExp(`\\n\`(docker run [^\`]*${tar}[^\`]*)\``).exec(readme)?.[1],
    );
    const each = async (command: string) => {
      for (const volume of Object.values(defaultVolumes))
        await pi.ssh(command.replace("asterisk-spool", volume).replace("spool.tar", `${volume}.tar`));
    };
    await each(backup);
    await pi.docker("rm", "--force", "asterisk");
    await pi.docker("volume", "rm", ...Object.values(defaultVolumes));
    await site.up({ refresh: true });
    await pi.docker("stop", "asterisk");
    await each(restore);
    await pi.docker("start", "asterisk");
    await waitFor("Asterisk", 60, async () => (await health(pi)) === "healthy");
    await assertData(pi);
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("can be the machine in front of you: npm run local brings it up, and changes nothing the second time", async function () {
    this.timeout("45m");
    await site.destroy();
    // On the Pi itself, with the socket and the network that a person at its keyboard has.
    const local = () => pi.exec("sh", "-c", `cd '${site.folder}' && npm run --silent local 2>&1`);
    const first = await local();
    assert.match(first, /pbx: .* cores, .* memory, .* free, Docker /);
    assert.match(first, /Asterisk runs in the container "asterisk"/);
    assert.equal(await health(pi), "healthy");
    assert.match(await local(), /\nResources:\n +\d+ unchanged\n/);
  });
});

/** The source tree that the site builds, as a copy that a test may spoil. */
async function copySource(site: Site, folder: string): Promise<void> {
  const packed = path.join(site.folder, ".pulumi/packed-source");
  const [tarball] = (await execa("ls", [packed])).stdout.split("\n");
  await execa("mkdir", [folder]);
  await execa("tar", ["-xzf", path.join(packed, tarball ?? ""), "-C", folder, "--strip-components=1"]);
}
