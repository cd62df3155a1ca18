import assert from "node:assert/strict";
import { type VolumePart, volumeParts, volumePaths } from "../../config/volumes";
import type { Pi } from "../lab/pi";

/** What Docker says of the container's health. */
export const health = (pi: Pi): Promise<string> =>
  pi.docker("inspect", "asterisk", "--format={{.State.Health.Status}}");

/** Which container runs, and since when. */
export const running = (pi: Pi): Promise<string> =>
  pi.docker("inspect", "asterisk", "--format={{.Id}} {{.State.StartedAt}}");

const inContainer = (pi: Pi, ...command: string[]): Promise<string> =>
  pi.docker("exec", "asterisk", ...command);

/** Leaves what a user would miss: a file in each volume, a key in Asterisk's database, an edit of the dialplan. */
export async function leaveData(pi: Pi): Promise<void> {
  for (const folder of Object.values(volumePaths))
    await inContainer(pi, "sh", "-c", `echo kept > ${folder}/mine`);
  await inContainer(pi, "asterisk", "-rx", "database put mine key kept");
  await inContainer(pi, "sh", "-c", "echo '; edited by hand' >> /etc/asterisk/extensions.conf");
}

/** Fails when something of it is missing, but for the volume that was lost. */
export async function assertData(pi: Pi, lost?: VolumePart): Promise<void> {
  for (const part of volumeParts)
    if (part !== lost) assert.equal(await inContainer(pi, "cat", `${volumePaths[part]}/mine`), "kept");
  assert.match(await inContainer(pi, "asterisk", "-rx", "database get mine key"), /Value: kept/);
  assert.match(await inContainer(pi, "tail", "-n1", "/etc/asterisk/extensions.conf"), /edited by hand/);
}

/** Removes the builder image, whatever its tag. */
export async function removeBuilder(pi: Pi): Promise<void> {
  const images = await pi.docker("image", "ls", "--quiet", "asterisk-rpi5-builder");
  await pi.docker("image", "rm", "--force", ...new Set(images.split("\n")));
}
