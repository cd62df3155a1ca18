import { readFileSync } from "node:fs";
import type { Pi } from "../lab/pi";

/** What a Pi's sshd wrote since `mark`, which is the length of its log then. */
export const since = (pi: Pi, mark: number): string => readFileSync(pi.sshdLog, "utf8").slice(mark);
export const marked = (pi: Pi): number => readFileSync(pi.sshdLog, "utf8").length;

/** How many connections that is; shown to who reads the tests' output, with the commands that went over them. */
export function connections(log: string): number {
  const [accepted, sessions] = [/^Accepted publickey/gm, /^Starting session/gm].map(
    (line) => log.match(line)?.length ?? 0,
  );
  console.log(`        ${accepted} connections, ${sessions} sessions`);
  return accepted ?? 0;
}

/** Seconds that a run took, for who reads the tests' output: a test that fails on a slow machine is of no use. */
export async function timed<T>(what: string, run: Promise<T>): Promise<T> {
  const start = Date.now();
  try {
    return await run;
  } finally {
    console.log(`        ${what}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
  }
}
