import { setTimeout as delay } from "node:timers/promises";
import { SetupError } from "../../scripts/setup/step";

/** Asks `isTrue` until it is so; a probe that throws counts as "not yet". */
export async function waitFor(
  what: string,
  seconds: number,
  isTrue: () => Promise<boolean> | boolean,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let fault = "";
  while (Date.now() < end) {
    try {
      if (await isTrue()) {
        return;
      }
    } catch (error) {
      fault = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    await delay(50);
  }
  throw new SetupError(`Waited ${seconds} s in vain for ${what}${fault}.`);
}
