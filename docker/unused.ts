import { readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";

const day = 24 * 60 * 60 * 1000;

/** Removes what no run has used for a day from a folder: what is being uploaded must stay. */
export function removeUnused(target: string): void {
  for (const name of readdirSync(target)) {
    const folder = path.join(target, name);
    const used = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - used > day) rmSync(folder, { recursive: true, force: true });
  }
}
