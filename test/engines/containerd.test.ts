import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import semver from "semver";
import { asteriskConfig } from "../e2e/builder";
import { assertData, health, leaveData, removeBuilder, running } from "../e2e/data";
import { operatorsEngine } from "../e2e/operatorsEngine";
import { callSelftest } from "../e2e/sip/call";
import { type Run, Site } from "../e2e/site";
import { siteOnLab, sitePis } from "../e2e/siteOnLab";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";

const name = "engines";

/** Whether the compiler ran. */
const compiled = ({ messages }: Run): boolean => messages.some((line) => line.includes("[CC]"));

describe("A Raspberry Pi with a newer Docker Engine and the containerd image store", () => {
  let lab: Lab;
  let pi: Pi;
  let site: Site;
  let operatorsBefore: string;

  before(async function () {
    this.timeout("10m");
    operatorsBefore = await operatorsEngine();
    ({ lab, site } = await siteOnLab(name, 1, { engine: "sid" }));
    pi = lab.pi("pi1");
  });

  after(async function () {
    this.timeout("2m");
    site?.remove();
    await Lab.down({ name });
  });

  it("is that, seen by the user's own docker command too", async () => {
    const [version = "", driver] = (
      await pi.ssh("docker info --format '{{.ServerVersion}} {{.Driver}}'")
    ).split(" ");
    assert.ok(semver.gte(semver.coerce(version) ?? version, "28.0.0"), version);
    assert.equal(driver, "overlayfs");
    assert.match(await pi.docker("info"), /driver-type: io\.containerd\.snapshotter\./);
  });

  it("compiles Asterisk and runs it, with the compile shown while it runs", async function () {
    this.timeout("45m");
    assert.ok(compiled(await site.up()));
    assert.match(JSON.stringify(await site.outputs()), /"asteriskVersion":"\d+\.\d+\.\d+"/);
    assert.equal(await health(pi), "healthy");
  });

  it("leaves nothing to do for the next preview", async function () {
    this.timeout("2m");
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("answers a call, and sends back the sound that it hears", async function () {
    this.timeout("1m");
    assert.ok((await callSelftest(pi, "udp")) >= 90);
  });

  it("replaces the runtime image and not the builder's for an edit of the runtime stage", async function () {
    this.timeout("2m");
    const dockerfile = path.join(site.folder, "docker/Dockerfile");
    const text = readFileSync(dockerfile, "utf8");
    writeFileSync(dockerfile, text.replace('title="Asterisk"', 'title="Asterisk PBX"'));
    const { changes } = await site.preview();
    writeFileSync(dockerfile, text);
    assert.match(changes["pi1-runtime-image"] ?? "", /replace/);
    assert.match(changes["pi1-asterisk-container"] ?? "", /replace/);
    assert.deepEqual(
      Object.keys(changes).filter((resource) => /builder|volume/.test(resource)),
      [],
    );
  });

  it("keeps every file when container and runtime image are gone, and brings both back", async function () {
    this.timeout("10m");
    await leaveData(pi);
    const image = await pi.docker("inspect", "asterisk", "--format", "{{.Image}}");
    await pi.docker("rm", "--force", "asterisk");
    await pi.docker("image", "rm", "--force", image);
    assert.equal(await pi.docker("image", "ls", "asterisk-rpi5", "--quiet"), "");

    await site.up({ refresh: true });

    await assertData(pi);
    assert.equal(await health(pi), "healthy");
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("builds the builder image again when it is gone, and leaves the running container alone", async function () {
    this.timeout("10m");
    const before = await running(pi);
    await removeBuilder(pi);
    assert.deepEqual((await site.preview()).changes, { "pi1-builder-image": "update" });
    // From the build cache, which has lost nothing.
    assert.ok(!compiled(await site.up()));
    assert.match(await pi.docker("image", "ls", "asterisk-rpi5-builder", "--quiet"), /./);
    assert.equal(await running(pi), before);
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("is taken over by a stack that has lost its state, without another compile", async function () {
    this.timeout("10m");
    site = await Site.make(name, { asterisk: await asteriskConfig(), pis: sitePis(lab) });
    assert.ok(!compiled(await site.up()));
    await assertData(pi);
    assert.equal(await health(pi), "healthy");
    assert.deepEqual((await site.preview()).changes, {});
  });

  it("leaves the operator's own engine as it was", async () => {
    assert.equal(await operatorsEngine(), operatorsBefore);
  });
});
