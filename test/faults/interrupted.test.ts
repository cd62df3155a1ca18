import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import execa, { type ExecaChildProcess } from "execa";
import { z } from "zod";
import { defaultVolumes } from "../../config/volumes";
import { giveBuilder } from "../e2e/builder";
import { assertData, health, leaveData, running } from "../e2e/data";
import type { Site } from "../e2e/site";
import { siteOnLab } from "../e2e/siteOnLab";
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
  /** True when Pulumi ends what it has begun: after the removal of a container it still makes the new one. */
  endsStep?: boolean;
}

const points = {
  upload: {
    during: "the upload of the context",
    edited: "docker/etc/asterisk/extensions.conf",
    reached: async (run, pi) => {
      await execa("tc", ["qdisc", "replace", "dev", pi.port, ...slow]);
      await printed(run, /load remote build context/);
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
    happens: async (_run, pi) => {
      await pi.powerOff();
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
const images = (pi: Pi) => lines(pi, "image", "ls", "--format={{.Repository}}:{{.Tag}}");

/** The images that the site is made of now, as its state has them. */
async function currentImages(site: Site): Promise<string[]> {
  const { pi1 } = z.object({ pi1: z.object({ imageTag: z.string() }) }).parse(await site.outputs());
  const builder = (await site.resources()).find((resource) => resource.includes("::pi1-builder-image "));
  return [pi1.imageTag, builder?.split(" ").at(-1) ?? "no builder image"];
}

/** Fails when there is another container after the fault than there has to be, or another one than before it. */
async function assertContainer(pi: Pi, { container }: Point, fault: Fault, before: string): Promise<void> {
  if (container === "none" && !fault.endsStep)
    return assert.equal(await pi.docker("ps", "--all", "--quiet"), "");
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

describe("An up that was interrupted", () => {
  let pi: Pi;
  let site: Site;
  let edits = 0;

  const edit = (file: string) => {
    edits += 1;
    appendFileSync(path.join(site.folder, file), `${file.endsWith(".conf") ? ";" : "#"} ${edits}\n`);
  };

  before(async function () {
    this.timeout("60m");
    const made = await siteOnLab(name);
    site = made.site;
    pi = made.lab.pi("pi1");
    await giveBuilder(pi);
    await site.up();
    await leaveData(pi);
    // The compiler's cache is cold: a compile takes minutes once, and a fraction of one from then on.
    edit(points.compile.edited);
    await site.up();
  });

  after(async function () {
    this.timeout("2m");
    site?.remove();
    await Lab.down({ name });
  });

  for (const [fault, point] of table)
    it(`because ${fault.fault} during ${point.during}: ${fault.passes ? "goes on by itself" : "is mended by up --refresh"}`, async function () {
      this.timeout("20m");
      const [before, imagesBefore, filesBefore] = [await running(pi), await images(pi), await files(pi)];
      edit(point.edited);
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
      const current = await currentImages(site);
      assert.deepEqual(
        added.filter((image) => !current.includes(image)),
        [],
      );
    });

  it("shows how long the PBX is down when its image is replaced", async function () {
    this.timeout("10m");
    edit(points.gap.edited);
    const seconds = await longestSilence(pi, () => site.up());
    console.log(`      the PBX was down for ${seconds.toFixed(1)} s`);
  });
});
