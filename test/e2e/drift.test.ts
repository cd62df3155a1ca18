import assert from "node:assert/strict";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { preloadBases } from "../lab/bases";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";
import { giveBuilder } from "./builder";
import { assertData, health, leaveData, running } from "./data";
import { assertRepaired, docker, drifts, runtimeImage } from "./drift";
import type { Site } from "./site";
import { siteOnLab, sitePis } from "./siteOnLab";

const name = "drift";

describe("After a Pi has drifted", () => {
  let lab: Lab;
  let pi: Pi;
  let site: Site;

  before(async function () {
    this.timeout("45m");
    ({ lab, site } = await siteOnLab(name));
    pi = lab.pi("pi1");
    await giveBuilder(pi);
    await site.up();
    await leaveData(pi);
  });

  after(async function () {
    this.timeout("2m");
    site?.remove();
    await Lab.down({ name });
  });

  for (const drift of drifts)
    it(`because ${drift.drift}: up --refresh repairs it, and changes ${Object.keys(drift.does ?? drift.changes).length || "nothing"}`, async function () {
      this.timeout("5m");
      await assertRepaired(site, pi, drift);
    });

  it("says to refresh where a container is to be made and its image is gone, and removes nothing for it", async function () {
    this.timeout("5m");
    const image = await runtimeImage(pi);
    // One of an older release, which is not what is to run.
    const older = `docker export asterisk | docker import --change 'LABEL asterisk-rpi5.image=runtime' - older`;
    await execa("sh", ["-c", older], { env: { DOCKER_HOST: `unix://${pi.socket}` } });
    await docker("stop asterisk", `image rm --force ${image}`)(pi);
    const before = await running(pi);
    assert.match(
      await site.faultOf(site.up()),
      /the runtime image is gone from this Pi: npx pulumi up --refresh/,
    );
    assert.equal(await running(pi), before);
    await site.up({ refresh: true });
    assert.equal(await health(pi), "healthy");
    await docker("image rm older")(pi);
  });

  it("is repaired by a plain up where the state is older or newer than the container, as after a card or a copy was restored", async function () {
    this.timeout("10m");
    const script = path.join(site.folder, "docker/runtime/healthcheck.sh");
    const label = () => pi.docker("inspect", "asterisk", "--format={{.Config.Image}}");
    const [first, text, firstImage] = [await site.state(), readFileSync(script, "utf8"), await label()];
    appendFileSync(script, "# another image\n");
    await site.up();
    const [second, secondImage] = [await site.state(), await label()];
    assert.notEqual(secondImage, firstImage);

    await site.restore(first);
    writeFileSync(script, text);
    await site.up();
    assert.equal(await label(), firstImage);
    await assertData(pi);
    assert.deepEqual((await site.preview()).changes, {});

    // Now it knows a container, and an image, that it would not have to change.
    await site.restore(second);
    appendFileSync(script, "# another image\n");
    await site.up();
    assert.equal(await label(), secondImage);
    assert.equal(await health(pi), "healthy");
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("says that it cannot look into a container that runs, and leaves it alone", async function () {
    this.timeout("5m");
    const before = await running(pi);
    // As on a Pi that is out of something: no process can be added to the container.
    await pi.docker("update", "--pids-limit=1", "asterisk");
    try {
      assert.match(
        await site.faultOf(site.up()),
        /pi1: its container asterisk runs, and no command can be run in it/,
      );
    } finally {
      await pi.docker("update", "--pids-limit=-1", "asterisk");
    }
    assert.equal(await running(pi), before);
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("does not take a new Pi under the old address for the old one until the configuration has its key", async function () {
    this.timeout("10m");
    await pi.remove();
    await pi.install();
    await pi.powerOn();
    await preloadBases(pi);
    const fault = await site.faultOf(site.up({ refresh: true }));
    assert.match(
      fault,
      /pi1: .*its host key is not the hostKey of the configuration.*If the Pi is a new one/,
    );
    assert.equal(await pi.docker("volume", "ls", "--quiet"), "");

    await giveBuilder(pi);
    site.configure({ ...site.config, pis: sitePis(lab) });
    await site.up({ refresh: true });
    assert.deepEqual((await site.preview()).changes, {});
    assert.equal(await health(pi), "healthy");
  });
});
