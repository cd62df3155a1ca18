import assert from "node:assert/strict";
import { defaultVolumes, type VolumePart, volumeParts, volumePaths } from "../../config/volumes";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";
import { assertData, health, leaveData, removeBuilder } from "./data";
import type { Site } from "./site";

/** What a container that is gone brings with it: room is made for a new one, which is started and verified. */
const lost = { "pi1-handover-command": "replace", "pi1-verification-command": "replace" };
const made = { ...lost, "pi1-asterisk-container": "create" };
// At preview the one that is in its way is still there: room is made for the new one before `up` comes to refresh it.
const replaced = { ...lost, "pi1-asterisk-container": "replace" };

export interface Drift {
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
}

/** Runs these commands of docker on the Pi. */
export const docker =
  (...commands: string[]) =>
  async (pi: Pi) => {
    for (const command of commands) await pi.docker(...command.split(" "));
  };
export const runtimeImage = (pi: Pi) => pi.docker("inspect", "asterisk", "--format={{.Image}}");

export const drifts: Drift[] = [
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
    drift: "a volume was removed",
    happens: docker("rm --force asterisk", "volume rm asterisk-sounds"),
    changes: { ...made, "pi1-volumes-sounds": "create" },
    warns: /pi1: its volume asterisk-sounds is gone, and will be made anew, empty/,
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

/** The one that takes a compile. */
export const allLost: Drift = {
  drift: "container, both images and the build cache were removed",
  happens: async (pi) => {
    const image = await runtimeImage(pi);
    await docker("rm --force asterisk", `image rm --force ${image}`)(pi);
    await removeBuilder(pi);
    await docker("builder prune --all --force")(pi);
  },
  changes: { ...made, "pi1-runtime-image": "create", "pi1-builder-image": "update" },
};

/** Makes the drift, and fails unless preview tells of it, and `up --refresh` repairs that and nothing else. */
export async function assertRepaired(site: Site, pi: Pi, drift: Drift): Promise<void> {
  const { changes, does = changes, warns, lost } = drift;
  await drift.happens(pi);
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
}
