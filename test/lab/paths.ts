import path from "node:path";
import { pulumiDir } from "../../scripts/setup/paths";

/**
 * What must not outlive the machine's boot: sockets (whose path may have 107 characters at most), pids, a lab's record.
 * One for the machine, not for the clone: names of network links are the machine's too.
 */
export const runRoot = "/run/asterisk-rpi5-lab";
export const forwardingNote = path.join(runRoot, "ip_forward");

export const runDirOf = (lab: string): string => path.join(runRoot, lab);
export const recordOf = (lab: string): string => path.join(runDirOf(lab), "lab.json");

/** Disks of the Pis and keys: on the clone's file system, since overlay2 does not work on every one. */
export const diskDirOf = (lab: string): string => path.join(pulumiDir, "lab", lab);
