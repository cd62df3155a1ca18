import { asteriskConfig } from "../e2e/builder";
import { leaveData } from "../e2e/data";
import { allLost, assertRepaired } from "../e2e/drift";
import { Site } from "../e2e/site";
import type { Pi } from "../lab/pi";
import { piFor } from "./lab";

describe("A Pi that has lost all but its volumes", () => {
  let pi: Pi;
  let site: Site;

  before(async function () {
    this.timeout("10m");
    const found = piFor("wiped");
    pi = found.pi;
    // Its name in the stack is what the drift table says.
    site = await Site.make("wiped", { asterisk: await asteriskConfig(), pis: { pi1: found.config } });
    await site.up();
    await leaveData(pi);
  });

  after(() => site?.remove());

  it(`because ${allLost.drift}: is compiled again by up --refresh, and finds its data`, async function () {
    this.timeout("60m");
    await assertRepaired(site, pi, allLost);
  });
});
