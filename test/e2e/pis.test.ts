import assert from "node:assert/strict";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";
import { keepBuilder } from "./builder";
import { assertData, health, leaveData, running } from "./data";
import type { Site } from "./site";
import { siteOnLab, sitePis } from "./siteOnLab";

const name = "pis";

describe("A site with two Pis", () => {
  let lab: Lab;
  let pi1: Pi;
  let pi2: Pi;
  let site: Site;

  before(async function () {
    this.timeout("5m");
    ({ lab, site } = await siteOnLab(name, 2));
    [pi1, pi2] = [lab.pi("pi1"), lab.pi("pi2")];
  });

  after(async function () {
    this.timeout("2m");
    site?.remove();
    await Lab.down({ name });
  });

  it("is compiled on both in one up, which shows each line as it is compiled", async function () {
    this.timeout("60m");
    const { messages } = await site.up();
    const compiled = messages.filter((line) => line.includes("[CC] asterisk.c -> asterisk.o"));
    assert.equal(compiled.length, 2);
    assert.deepEqual([await health(pi1), await health(pi2)], ["healthy", "healthy"]);
    assert.deepEqual(Object.keys(await site.outputs()), ["pi1", "pi2"]);
    assert.deepEqual((await site.preview()).changes, {});
    await leaveData(pi2);
    // This suite runs first, so that no other one has to compile.
    await keepBuilder(pi1);
  });

  it("is not changed while one is off, but for the Pis that --only names; nothing of the other is forgotten", async function () {
    this.timeout("5m");
    // All that there is, and of the other Pi, which must not change, the ids too.
    const known = async () => {
      const resources = await site.resources();
      const ids = resources.filter((resource) => resource.includes("::pi2"));
      return {
        urns: resources.map((resource) => resource.split(" ")[0]),
        ids,
        outputs: (await site.outputs()).pi2,
      };
    };
    const before = await known();
    await pi2.powerOff();
    await pi1.docker("stop", "asterisk");
    const stopped = await running(pi1);

    const fault = await site.faultOf(site.up());
    assert.match(fault, /^Nothing was changed:\n {2}pi2: .* cannot be asked: is it switched on/);
    assert.match(fault, /To bring up the others meanwhile: npm run up -- pis --only pi1$/m);
    assert.equal(await running(pi1), stopped);

    // With a refresh too: it must not ask the other one either.
    for (const flags of [[], ["--refresh"]]) {
      await site.npmRun("up", "--", name, "--only", "pi1", "--yes", ...flags);
      assert.equal(await health(pi1), "healthy");
      assert.deepEqual(await known(), before);
    }
  });

  it("is brought to what the code says on both once the other is back", async function () {
    this.timeout("5m");
    await pi2.powerOn();
    await waitFor("Asterisk on pi2", 60, async () => (await health(pi2)) === "healthy");
    await pi1.docker("stop", "asterisk");
    await pi2.docker("stop", "asterisk");
    await site.up();
    assert.deepEqual([await health(pi1), await health(pi2)], ["healthy", "healthy"]);
    assert.deepEqual((await site.preview({ refresh: true })).changes, {});
  });

  it("says which Pis there are when --only names another one", async function () {
    this.timeout("1m");
    const said = site.npmRun("up", "--", name, "--only", "pi1,pi3");
    await assert.rejects(said, /expected Pis of Pulumi\.pis\.yaml \(pi1, pi2\), got pi3/);
  });

  it("loses only what is of a Pi when that is taken out; its volumes and images stay", async function () {
    this.timeout("5m");
    const untouched = await running(pi1);
    const { pi1: only } = sitePis(lab);
    const images = await pi2.docker("image", "ls", "--quiet");
    site.configure({ ...site.config, pis: { pi1: only } });
    const { changes, output } = await site.preview();
    assert.deepEqual(
      Object.keys(changes).filter((resource) => !/^pi2(-|$)/.test(resource)),
      [],
    );
    for (const kept of ["volumes-config", "volumes-sounds", "volumes-spool", "volumes-logs", "runtime-image"])
      assert.match(output, new RegExp(`pi2-${kept} delete.*\\[retain\\]`));
    await site.up();
    assert.equal(await pi2.docker("ps", "--all", "--quiet"), "");
    assert.equal(await pi2.docker("image", "ls", "--quiet"), images);
    assert.equal(await running(pi1), untouched);
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("is brought to what the code says on one while another is off of which the stack knows nothing yet", async function () {
    this.timeout("5m");
    site.configure({ ...site.config, pis: sitePis(lab) });
    await pi2.powerOff();
    try {
      await pi1.docker("stop", "asterisk");
      await site.npmRun("up", "--", name, "--only", "pi1", "--yes");
    } finally {
      await pi2.powerOn();
    }
    assert.equal(await health(pi1), "healthy");
    assert.doesNotMatch((await site.resources()).join(), /pi2/);
    assert.deepEqual(Object.keys(await site.outputs()), ["pi1"]);
  });

  it("gets only what is of a Pi when that is added, and finds its data again", async function () {
    this.timeout("10m");
    const untouched = await running(pi1);
    const { changes } = await site.up();
    assert.deepEqual(
      Object.entries(changes).filter(([resource, op]) => !/^pi2(-|$)/.test(resource) || op !== "create"),
      [],
    );
    await assertData(pi2);
    assert.equal(await running(pi1), untouched);
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("forgets a Pi that is no more by the command of the README", async function () {
    this.timeout("5m");
    const untouched = await running(pi1);
    const { pi1: only } = sitePis(lab);
    site.configure({ ...site.config, pis: { pi1: only } });
    await pi2.powerOff();
    const urn = `urn:pulumi:${name}::asterisk-rpi5::asterisk-rpi5:index:AsteriskPi::pi2`;
    const { exitCode, all } = await site.npx("state", "delete", "--target-dependents", "--yes", urn);
    assert.equal(exitCode, 0, all);
    assert.doesNotMatch((await site.resources()).join(), /pi2/);
    assert.deepEqual((await site.up()).changes, {});
    assert.equal(await running(pi1), untouched);
  });
});
