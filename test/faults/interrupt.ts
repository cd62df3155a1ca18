import assert from "node:assert/strict";
import { appendFileSync, readdirSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { defaultVolumes } from "../../config/volumes";
import { asteriskConfig } from "../e2e/builder";
import { assertData, health, leaveData, running } from "../e2e/data";
import { Site } from "../e2e/site";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";
import { type Fault, faults } from "./faults";
import { piFor } from "./lab";
import { type Point, type PointName, points } from "./points";

const lines = async (pi: Pi, ...command: string[]) =>
  (await pi.docker(...command))
    .split("\n")
    .filter((line) => line !== "")
    .sort();
const images = (pi: Pi) => lines(pi, "image", "ls", "--format={{.Repository}} {{.ID}}");

/** True as soon as a fault came when there was no container. */
let betweenContainers = false;

/** Fails when there is another container after the fault than there has to be, or another one than before it. */
async function assertContainer(pi: Pi, { container }: Point, fault: Fault, before: string): Promise<void> {
  if (container === "none") {
    // The request for the new one may have left just before the fault: then the engine makes it.
    const made = await lines(pi, "ps", "--all", "--quiet", "--no-trunc");
    betweenContainers ||= made.length === 0;
    return assert.ok(!before.startsWith(made[0] ?? "none"));
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

/** A digest of each file that nobody but a user changes: all but logs, database, and in hidden files what the console was told
 * and which container is verified. */
const files = (pi: Pi) =>
  pi.docker(
    ...["exec", "asterisk", "sh", "-c"],
    "find /etc/asterisk /var/lib/asterisk/sounds /var/spool/asterisk -type f ! -name 'astdb.*' ! -name '.*' " +
      "-exec sha256sum {} + | sort -k2",
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
  const run = site.start("up", "--yes", "--skip-preview");
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

/** The tests of an `up` that is interrupted at that point, by each fault. */
export function interruptedDuring(pointName: PointName): void {
  const point: Point = points[pointName];

  describe(`An up that was interrupted during ${point.during}`, () => {
    let pi: Pi;
    let site: Site;

    before(async function () {
      this.timeout("60m");
      const found = piFor(pointName);
      pi = found.pi;
      site = await Site.make(pointName, { asterisk: await asteriskConfig(), pis: { pi: found.config } });
      await site.up();
      await leaveData(pi);
      // The compiler's cache is cold: a compile takes minutes once, and a fraction of one from then on.
      edit(site, point.edited);
      await site.up();
    });

    after(() => site?.remove());

    afterEach(async function () {
      this.timeout("20m");
      if (!this.currentTest?.isFailed()) return;
      // So that it is not the fault of all tests that follow too.
      await pi.powerOn();
      await pi.restore();
      await recover(site);
    });

    it("finds its state as it was: none of it is in two files, of which a Pulumi that is killed could write one", () => {
      const state = path.join(site.folder, ".pulumi/state");
      const files = readdirSync(state, { recursive: true, encoding: "utf8" });
      assert.deepEqual(
        files.filter((file) => file.endsWith(".attrs")),
        [],
      );
    });

    for (const fault of faults)
      it(`because ${fault.fault}: ${fault.passes ? "goes on by itself" : "is mended by up --refresh"}`, async function () {
        this.timeout("30m");
        await interrupt(site, pi, fault, point);
      });

    if (point.container === "none")
      it("was interrupted when there was no container, by one of these faults at least", () =>
        assert.ok(betweenContainers));
  });
}
