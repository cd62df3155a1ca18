import { giveBuilder } from "../e2e/builder";
import { sitePis } from "../e2e/siteOnLab";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";

const name = "faults";

/** Who has a Pi of the lab: an `up` that is interrupted at that point, and what else takes its time. */
const users = ["upload", "compile", "gap", "verification", "line", "wiped"] as const;

/** Before any test file: a Pi for each of them, all from one compile. They run side by side, the last one, which compiles, when
 * the first has ended. */
export async function mochaGlobalSetup(): Promise<void> {
  await Lab.down({ name });
  const lab = await Lab.up(users.length, { name });
  await giveBuilder(...lab.pis);
}

export async function mochaGlobalTeardown(): Promise<void> {
  await Lab.down({ name });
}

/** That Pi, and what a site's configuration says of it. */
export function piFor(user: (typeof users)[number]) {
  const lab = Lab.find(name);
  const pi: Pi | undefined = lab?.pis[users.indexOf(user)];
  const config = lab && pi && sitePis(lab)[pi.name];
  if (pi === undefined || config === undefined)
    throw new Error("expected the lab of the faults to be up: npm run test:faults");
  return { pi, config };
}
