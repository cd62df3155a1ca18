import assert from "node:assert/strict";
import { asteriskConfig } from "../e2e/builder";
import { connections, marked, since, timed } from "../e2e/connections";
import { health } from "../e2e/data";
import { Site } from "../e2e/site";
import { badLine, type Line } from "../lab/line";
import type { Pi } from "../lab/pi";
import { piFor } from "./lab";

describe("A Raspberry Pi at the end of a bad line", () => {
  let pi: Pi;
  let site: Site;
  let line: Line;

  before(async function () {
    this.timeout("1m");
    const found = piFor("line");
    pi = found.pi;
    line = await badLine(pi, { roundTrip: 200, mbitPerSecond: 2, loss: 0.01 });
    const far = { ...found.config, host: line.host };
    site = await Site.make("line", { asterisk: await asteriskConfig(), pis: { far } });
  });

  after(async () => {
    await line?.close();
    site?.remove();
  });

  it("is brought to a running Asterisk, late, slow and lossy as the line is, over a connection or two", async function () {
    this.timeout("30m");
    const mark = marked(pi);
    await timed("up", site.up());
    const { up, down } = line.bytes();
    console.log(`        ${up} bytes up, ${down} down`);
    // Of ten sessions at one time (MaxSessions), one more takes a connection of its own.
    assert.ok(connections(since(pi, mark)) <= 2);
    assert.deepEqual((await timed("preview", site.preview())).changes, {});
    assert.equal(await health(pi), "healthy");
  });
});
