import assert from "node:assert/strict";
import { defaultVolumes, type VolumePart, volumeParts, volumePaths } from "../../config/volumes";
import { preloadBases } from "../lab/bases";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";
import { giveBuilder } from "./builder";
import { assertData, health, leaveData, removeBuilder } from "./data";
import type { Site } from "./site";
import { siteOnLab, sitePis } from "./siteOnLab";

const name = "drift";

/** What a container that is gone brings with it: room is made for a new one, which is started and verified. */
const lost = { "pi1-handover-command": "replace", "pi1-verification-command": "replace" };
const made = { ...lost, "pi1-asterisk-container": "create" };
// At preview the one that is in its way is still there: room is made for the new one before `up` comes to refresh it.
const replaced = { ...lost, "pi1-asterisk-container": "replace" };

interface Drift {
  /** What happened to the Pi behind the stack's back. */
  drift: string;
  happens(pi: Pi): Promise<void>;
  /** What `preview --refresh` shows. */
  changes: Record<string, string>;
  /** What `up --refresh` does, where that is not the same. */
  does?: Record<string, string>;
  /** A warning that is shown. */
  warns?: RegExp;
  /** The volume that went with it. */
  lost?: VolumePart;
  /** Minutes: only a compile needs more than a few. */
  takes?: number;
}

const docker =
  (...commands: string[]) =>
  async (pi: Pi) => {
    for (const command of commands) await pi.docker(...command.split(" "));
  };
const runtimeImage = (pi: Pi) => pi.docker("inspect", "asterisk", "--format={{.Image}}");

const drifts: Drift[] = [
  { drift: "the container was removed", happens: docker("rm --force asterisk"), changes: made },
  { drift: "the container was stopped", happens: docker("stop asterisk"), changes: replaced, does: made },
  {
    drift: "its restart policy was changed",
    happens: docker("update --restart=no asterisk"),
    changes: { "pi1-asterisk-container": "update" },
  },
  { drift: "its name was changed", happens: docker("rename asterisk mine"), changes: replaced, does: made },
  {
    drift: "it was made again by hand, on another network",
    happens: async (pi) => {
      const volumes = volumeParts.map((part) => `--volume=${defaultVolumes[part]}:${volumePaths[part]}`);
      const run = ["run --detach --interactive --tty --name=asterisk", ...volumes, await runtimeImage(pi)];
      await docker("rm --force asterisk", run.join(" "))(pi);
    },
    changes: made,
  },
  {
    drift: "the runtime image lost its name",
    happens: async (pi) => {
      const tags = await pi.docker("image", "ls", "asterisk-rpi5", "--format={{.Repository}}:{{.Tag}}");
      await pi.docker("image", "rm", "--force", ...tags.split("\n"));
    },
    // At preview nobody knows that the new image will be the old one, and the container will stay.
    changes: {
      "pi1-runtime-image": "create",
      "pi1-asterisk-container": "replace",
      "pi1-verification-command": "replace",
    },
    does: { "pi1-runtime-image": "create" },
  },
  {
    drift: "container and runtime image were removed",
    happens: async (pi) => {
      const image = await runtimeImage(pi);
      await docker("rm --force asterisk", `image rm --force ${image}`)(pi);
    },
    changes: { ...made, "pi1-runtime-image": "create" },
  },
  {
    drift: "the builder image was removed",
    happens: removeBuilder,
    changes: { "pi1-builder-image": "update" },
  },
  {
    drift: "container, both images and the build cache were removed",
    happens: async (pi) => {
      const image = await runtimeImage(pi);
      await docker("rm --force asterisk", `image rm --force ${image}`)(pi);
      await removeBuilder(pi);
      await docker("builder prune --all --force")(pi);
    },
    changes: { ...made, "pi1-runtime-image": "create", "pi1-builder-image": "update" },
    takes: 45,
  },
  {
    drift: "a volume was removed",
    happens: docker("rm --force asterisk", "volume rm asterisk-sounds"),
    changes: { ...made, "pi1-volumes-sounds": "create" },
    warns: /pi1: the volume asterisk-sounds of it is gone, and will come back empty/,
    lost: "sounds",
  },
  {
    drift: "Docker was restarted",
    happens: async (pi) => {
      const before = await pi.exec("cat", "/run/docker.pid");
      await pi.exec("kill", before);
      await waitFor("another dockerd", 60, async () => {
        await pi.docker("version");
        return (await pi.exec("cat", "/run/docker.pid")) !== before && (await health(pi)) === "healthy";
      });
    },
    changes: {},
  },
  {
    drift: "the Pi was rebooted",
    happens: async (pi) => {
      await pi.powerOff();
      await pi.powerOn();
      await waitFor("Asterisk", 60, async () => (await health(pi)) === "healthy");
    },
    changes: {},
  },
];

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

  for (const { drift, happens, changes, does = changes, warns, lost, takes = 5 } of drifts)
    it(`because ${drift}: up --refresh repairs it, and changes ${Object.keys(does).length || "nothing"}`, async function () {
      this.timeout(`${takes}m`);
      await happens(pi);
      const preview = await site.preview({ refresh: true });
      assert.deepEqual(preview.changes, changes);
      if (warns)
        assert.ok(
          preview.messages.some((line) => warns.test(line)),
          preview.messages.join("\n"),
        );
      assert.deepEqual((await site.up({ refresh: true })).changes, does);
      assert.deepEqual((await site.preview()).changes, {});
      assert.equal(await health(pi), "healthy");
      await assertData(pi, lost);
      if (lost) await leaveData(pi);
    });

  it("says to refresh where a container is to be made and its image is gone", async function () {
    this.timeout("5m");
    const image = await runtimeImage(pi);
    await docker("rm --force asterisk", `image rm --force ${image}`)(pi);
    assert.match(
      await site.faultOf(site.up()),
      /the runtime image is gone from this Pi: npx pulumi up --refresh/,
    );
    await site.up({ refresh: true });
    assert.equal(await health(pi), "healthy");
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
