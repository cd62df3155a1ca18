import { giveBuilder } from "../e2e/builder";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";
import { type PointName, points } from "./points";

const name = "faults";
const pointNames = Object.keys(points);

/** Before any test file, which run side by side: a Pi for each of them, all from one compile. */
export async function mochaGlobalSetup(): Promise<void> {
  await Lab.down({ name });
  const lab = await Lab.up(pointNames.length, { name });
  await giveBuilder(...lab.pis);
}

export async function mochaGlobalTeardown(): Promise<void> {
  await Lab.down({ name });
}

/** The lab, and the Pi of it on which an `up` is interrupted at that point. */
export function labOf(point: PointName): { lab: Lab; pi: Pi } {
  const lab = Lab.find(name);
  if (lab === undefined) throw new Error("expected the lab of the faults to be up: npm run test:faults");
  return { lab, pi: lab.pi(`pi${pointNames.indexOf(point) + 1}`) };
}
