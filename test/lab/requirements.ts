import { existsSync } from "node:fs";
import path from "node:path";
import { SetupError } from "../../scripts/setup/step";

/** Each program that the lab runs, and the Debian package it comes in. */
export const programs: Record<string, string> = {
  bash: "bash",
  docker: "docker.io",
  dockerd: "docker.io",
  hostname: "hostname",
  ip: "iproute2",
  iptables: "iptables",
  mount: "mount",
  nsenter: "util-linux",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  sshd: "openssh-server",
  unshare: "util-linux",
  useradd: "passwd",
};

/** Where daemons are, also when the caller's own PATH is a plain user's. */
export const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Stops with one message that lists everything which the lab needs and this machine lacks. */
export function assertRequirements(): void {
  if (process.platform !== "linux") {
    throw new SetupError(
      `The lab is made of Linux namespaces; this machine runs ${process.platform}. Use a Linux machine.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      "The lab makes network namespaces and runs Docker Engines, which needs root. Run it as root.",
    );
  }
  const missing = missingPrograms();
  if (missing.length > 0) {
    throw new SetupError(
      `The lab needs ${missing.join(", ")}, not found on this machine. ` +
        `Type: apt-get install ${missingPackages().join(" ")}`,
    );
  }
}

const missingPackages = (): string[] => [...new Set(missingPrograms().map((name) => programs[name] ?? name))];

const missingPrograms = (): string[] =>
  Object.keys(programs).filter(
    (program) => !systemPath.split(":").some((dir) => existsSync(path.join(dir, program))),
  );
