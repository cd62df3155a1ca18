import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { late } from "../../lab/line";

describe("The lab's late line", () => {
  it("carries all bytes in their order, also where small pieces wait for room on it", async () => {
    const sent = randomBytes(2 ** 20);
    const pieces = Array.from({ length: 256 }, (_, piece) => sent.subarray(piece * 4096, (piece + 1) * 4096));
    let counted = 0;
    const line = late(1, (bytes) => (counted += bytes));
    const arrived = await buffer(Readable.from(pieces, { objectMode: false }).pipe(line));
    assert.ok(arrived.equals(sent));
    assert.equal(counted, sent.length);
  });
});
