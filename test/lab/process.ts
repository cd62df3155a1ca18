import { readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** In clock ticks since the machine's boot: field 22 of /proc/PID/stat. */
  startTime: string;
  /** A zombie has ended: it only waits to be reaped by its parent. */
  zombie: boolean;
}

/** Reads one line in the form of /proc/PID/stat. The command, in parentheses, may itself have spaces and parentheses. */
export function parseStat(line: string): ProcessIdentity {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  const pid = Number.parseInt(line, 10);
  if (!Number.isInteger(pid) || !startTime) {
    throw new Error(`expected a line of /proc/PID/stat, got "${line.trim()}"`);
  }
  return { pid, startTime, zombie: state === "Z" };
}

function readStat(file: string): ProcessIdentity | undefined {
  try {
    return parseStat(readFileSync(file, "utf8"));
  } catch (error) {
    // ESRCH: it ended between the opening of the file and the reading of it.
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) {
      return undefined;
    }
    throw error;
  }
}

/** The pid that a process wrote down (its own /proc/self/stat, in `file`), while that very process runs. */
export function runningPid(file: string): number | undefined {
  const noted = readStat(file);
  const now = noted && readStat(`/proc/${noted.pid}/stat`);
  return now && !now.zombie && now.startTime === noted.startTime ? now.pid : undefined;
}
