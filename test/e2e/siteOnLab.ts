import path from "node:path";
import { projectDir } from "../../scripts/setup/paths";
import { Lab, type LabOptions } from "../lab/lab";
import { type PisConfig, pisConfig } from "../lab/stackFile";
import { asteriskConfig } from "./builder";
import { Site } from "./site";

/** A new lab, and a site of the same name with all of its Pis. What a run that was killed left behind goes first. */
export async function siteOnLab(
  name: string,
  count = 1,
  options: Pick<LabOptions, "engine"> = {},
): Promise<{ lab: Lab; site: Site }> {
  await Lab.down({ name });
  const lab = await Lab.up(count, { ...options, name });
  const site = await Site.make(name, { asterisk: await asteriskConfig(), pis: sitePis(lab) });
  return { lab, site };
}

/** What the site's configuration says of each Pi; the site is another folder than the lab's. */
export function sitePis(lab: Lab): PisConfig {
  const pis = Object.entries(pisConfig(lab)).map(([pi, { identityFile, ...reached }]) => [
    pi,
    { ...reached, identityFile: path.resolve(projectDir, identityFile) },
  ]);
  return Object.fromEntries(pis);
}
