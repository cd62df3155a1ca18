import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import execa, { type ExecaChildProcess } from "execa";
import { defaultVolumes } from "../../config/volumes";
import { giveBuilder } from "../e2e/builder";
import { assertData, health, leaveData, running } from "../e2e/data";
import { Site } from "../e2e/site";
import { siteOnLab, sitePis } from "../e2e/siteOnLab";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";
import { longestSilence } from "./outage";

const name = "faults";

/** Where an `up` is when the fault comes. */
interface Point {
  during: string;
  /** The file whose edit makes an `up` get there: it has a line appended that says nothing. */
  edited: string;
  /** Resolves when this run is there. */
  reached(run: ExecaChildProcess, pi: Pi): Promise<unknown>;
  /** Which container there is then: the one of before, none, or the new one. */
  container: "old" | "none" | "new";
}

interface Fault {
  fault: string;
  /** Makes it, and ends it where a person or the mains would. */
  happens(run: ExecaChildProcess, pi: Pi): Promise<void>;
  /** What becomes of a container that runs. */
  container: "runs on" | "starts again" | "stays stopped";
  /** True when the run does not even notice. */
  passes?: boolean;
  /** True when Pulumi ends what it has begun: after the removal of a container, it may have begun the new one. */
  endsStep?: boolean;
}

const points = {
  upload: {
    during: "the upload of the context",
    edited: "docker/etc/asterisk/extensions.conf",
    reached: async (run, pi) => {
      await execa("tc", ["qdisc", "replace", "dev", pi.port, ...slow]);
      await printed(run, /pi1-builder-image updating/);
      const sent = () => Number(readFileSync(`/sys/class/net/${pi.port}/statistics/tx_bytes`, "utf8"));
      const before = sent();
      // The least that there is to upload, with a release tarball's URL for source, is 60 kB.
      await waitFor("the upload", 120, () => sent() - before > 20e3);
    },
    container: "old",
  },
  compile: {
    during: "the compile",
    edited: "docker/build/compile.sh",
    reached: (run) => printed(run, /\[CC\] /),
    container: "old",
  },
  gap: {
    during: "the time between the old container and the new one",
    edited: "docker/runtime/healthcheck.sh",
    // By Docker's own word: what Pulumi prints comes later.
    reached: async (_run, pi) => {
      const events = ["events", "--filter=container=asterisk", "--filter=event=destroy", "--format={{.ID}}"];
      const watch = execa("docker", ["--host", `unix://${pi.socket}`, ...events]);
      await new Promise((resolve) => watch.stdout?.once("data", resolve));
      watch.kill();
      await watch.catch(() => undefined);
    },
    container: "none",
  },
  verification: {
    during: "the verification",
    edited: "docker/runtime/healthcheck.sh",
    reached: (run) => printed(run, /pi1-verification-command creat/),
    container: "new",
  },
} satisfies Record<string, Point>;
const slow = ["root", "tbf", "rate", "1mbit", "burst", "16kb", "latency", "400ms"];

const faults = {
  shortCut: {
    fault: "the cable was cut for 5 s",
    happens: (_run, pi) => cut(pi, 5),
    container: "runs on",
    passes: true,
  },
  longCut: {
    fault: "the cable was cut for 5 min",
    happens: (_run, pi) => cut(pi, 5 * 60),
    container: "runs on",
  },
  power: {
    fault: "the Pi's power was cut",
    happens: async (run, pi) => {
      await pi.powerOff();
      // Within the minute that ssh takes to give up. A Pi of the lab boots so fast that some runs would not notice.
      await run;
      await pi.powerOn();
    },
    container: "starts again",
  },
  dockerd: {
    fault: "dockerd was killed",
    happens: async (_run, pi) => {
      await pi.exec("sh", "-c", "kill -KILL $(cat /run/docker.pid)");
      await waitFor("another dockerd", 60, async () => (await pi.docker("version")) !== "");
    },
    // Docker 20.10 ends what a dockerd that was killed has left running, and then takes it for stopped by hand.
    container: "stays stopped",
  },
  kill: {
    fault: "pulumi was killed",
    happens: async (run) => void process.kill(pidOf(run), "SIGKILL"),
    container: "runs on",
  },
  ctrlC: {
    fault: "Ctrl-C was pressed",
    happens: async (run) => void process.kill(-pidOf(run), "SIGINT"),
    container: "runs on",
    endsStep: true,
  },
} satisfies Record<string, Fault>;

/**
 * All, but for the long cut: pulumi notices one after a minute, so that it is another matter than the short one only once
 * the Pi has gone on alone, where that means most (see below).
 */
const table: [Fault, Point][] = Object.values(faults)
  .filter((fault) => fault !== faults.longCut)
  .flatMap((fault) => Object.values(points).map((point): [Fault, Point] => [fault, point]));

async function cut(pi: Pi, seconds: number): Promise<void> {
  await pi.cut();
  await wait(seconds * 1000);
  await pi.restore();
}

function pidOf(run: ExecaChildProcess): number {
  if (run.pid === undefined) throw new Error("pulumi could not be started");
  return run.pid;
}

/** Resolves when the run prints such a line. */
function printed(run: ExecaChildProcess, line: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    run.all?.on("data", (chunk) => {
      text += String(chunk);
      if (line.test(text)) resolve();
    });
    void run.then(({ all }) => reject(new Error(`expected a line ${line} of pulumi, got:\n${all}`)));
  });
}

const lines = async (pi: Pi, ...command: string[]) =>
  (await pi.docker(...command))
    .split("\n")
    .filter((line) => line !== "")
    .sort();
const images = (pi: Pi) => lines(pi, "image", "ls", "--format={{.Repository}} {{.ID}}");

/** Fails when there is another container after the fault than there has to be, or another one than before it. */
async function assertContainer(pi: Pi, { container }: Point, fault: Fault, before: string): Promise<void> {
  if (container === "none") {
    const ids = await lines(pi, "ps", "--all", "--quiet", "--no-trunc");
    return assert.ok(fault.endsStep ? !before.startsWith(ids[0] ?? "none") : ids.length === 0);
  }
  const state = () => pi.docker("inspect", "asterisk", "--format={{.State.Status}}");
  const expected = fault.container === "stays stopped" ? "exited" : "running";
  if (fault.container === "starts again")
    await waitFor("Asterisk", 60, async () => (await state()) === "running");
  assert.equal(await state(), expected);
  const now = await running(pi);
  const [id = "", since] = before.split(" ");
  assert.equal(now.startsWith(id), container === "old");
  if (container === "old") assert.equal(now.endsWith(since ?? ""), fault.container !== "starts again");
}

/** A digest of each file that nobody but a user changes. */
const files = (pi: Pi) =>
  pi.docker(
    ...["exec", "asterisk", "sh", "-c"],
    "find /etc/asterisk /var/lib/asterisk/sounds -type f -exec sha256sum {} + | sort -k2",
  );

/** What the README says to do when an `up` was interrupted, and no more. */
async function recover(site: Site): Promise<void> {
  const up = () => site.npx("up", "--refresh", "--yes", "--skip-preview");
  let run = await up();
  if (run.all.includes("the stack is currently locked")) {
    await site.npx("cancel", "--yes");
    run = await up();
  }
  assert.equal(run.exitCode, 0, run.all);
  assert.doesNotMatch(run.all, /pending operations/);
}

let edits = 0;

/** A line that says nothing, so that there is something to do for an `up`. */
function edit(site: Site, file: string): void {
  edits += 1;
  appendFileSync(path.join(site.folder, file), `${file.endsWith(".conf") ? ";" : "#"} ${edits}\n`);
}

/** Starts an `up`, makes the fault when it is at that point, and does what the README says. */
async function interrupt(site: Site, pi: Pi, fault: Fault, point: Point): Promise<void> {
  const [before, imagesBefore, filesBefore] = [await running(pi), await images(pi), await files(pi)];
  edit(site, point.edited);
  const run = site.cli("up", "--yes", "--skip-preview");
  await point.reached(run, pi);
  await fault.happens(run, pi);
  await execa("tc", ["qdisc", "delete", "dev", pi.port, "root"], { reject: false });
  const { all, failed } = await run;
  assert.equal(failed, !fault.passes, all);
  if (!fault.passes) {
    await assertContainer(pi, point, fault, before);
    await recover(site);
  }

  assert.deepEqual((await site.preview()).changes, {});
  assert.equal(await health(pi), "healthy");
  await assertData(pi);
  assert.equal(await files(pi), filesBefore);
  assert.deepEqual(await lines(pi, "ps", "--all", "--format={{.Names}}"), ["asterisk"]);
  const volumes = await lines(pi, "volume", "ls", "--format={{.Name}}");
  assert.deepEqual(volumes, Object.values(defaultVolumes).sort());
  const added = (await images(pi)).filter((image) => !imagesBefore.includes(image));
  const layers = (image: string) =>
    pi.docker("image", "inspect", image.split(" ")[1] ?? "", "--format={{.RootFS.Layers}}");
  const named = added.filter((image) => !image.startsWith("<none>"));
  const names = named.map((image) => image.split(" ")[0]);
  assert.deepEqual(
    names,
    ["asterisk-rpi5", "asterisk-rpi5-builder"].filter((image) => names.includes(image)),
  );
  // A build that went on when pulumi had ended makes an image whose name the next one takes: the same layers, but another
  // record of BuildKit's cache in it. What is left of it has nothing of its own.
  const namedLayers = await Promise.all(named.map(layers));
  for (const image of added.filter((image) => !named.includes(image)))
    assert.ok(namedLayers.includes(await layers(image)), `${image} is left behind`);
}

describe("An up that was interrupted", () => {
  let pi: Pi;
  let site: Site;
  let other: { pi: Pi; site: Site };

  before(async function () {
    this.timeout("60m");
    const made = await siteOnLab(name, 2);
    pi = made.lab.pi("pi1");
    site = made.site;
    const { pi1, pi2 } = sitePis(made.lab);
    site.configure({ ...site.config, pis: { pi1 } });
    const asterisk = site.config.asterisk;
    other = { pi: made.lab.pi("pi2"), site: await Site.make(`${name}2`, { asterisk, pis: { pi1: pi2 } }) };
    await giveBuilder(pi, other.pi);
    await Promise.all([site.up(), other.site.up()]);
    await Promise.all([leaveData(pi), leaveData(other.pi)]);
    // The compiler's cache is cold: a compile takes minutes once, and a fraction of one from then on.
    edit(site, points.compile.edited);
    await site.up();
  });

  after(async function () {
    this.timeout("2m");
    site?.remove();
    other?.site.remove();
    await Lab.down({ name });
  });

  afterEach(async function () {
    this.timeout("20m");
    if (!this.currentTest?.isFailed()) return;
    // So that it is not the fault of all tests that follow too.
    await pi.powerOn();
    await pi.restore();
    await recover(site);
  });

  it("finds its state as it was: none of it is in two files, of which a Pulumi that is killed could write one", () => {
    const files = readdirSync(path.join(site.folder, ".pulumi/state"), { recursive: true, encoding: "utf8" });
    assert.deepEqual(
      files.filter((file) => file.endsWith(".attrs")),
      [],
    );
  });

  for (const [fault, point] of table)
    it(`because ${fault.fault} during ${point.during}: ${fault.passes ? "goes on by itself" : "is mended by up --refresh"}`, async function () {
      this.timeout("20m");
      await interrupt(site, pi, fault, point);
    });

  const { fault } = faults.longCut;
  it(`because ${fault} during ${points.compile.during}, and elsewhere ${points.gap.during}: is mended by up --refresh`, async function () {
    this.timeout("30m");
    await Promise.all([
      interrupt(site, pi, faults.longCut, points.compile),
      interrupt(other.site, other.pi, faults.longCut, points.gap),
    ]);
  });

  it("shows how long the PBX is down when its image is replaced", async function () {
    this.timeout("10m");
    edit(site, points.gap.edited);
    const seconds = await longestSilence(pi, () => site.up());
    console.log(`      the PBX was down for ${seconds.toFixed(1)} s`);
  });
});
