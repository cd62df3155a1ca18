import type { Facts } from "./facts";

/** What the stack is about to do on a host, as far as the rules need to know it. */
export interface Plan {
  /** True when the builder image is not there yet, so that Asterisk will be compiled. */
  builds: boolean;
}

/** One thing that must be so on a host before the stack changes anything there. */
interface Rule {
  name: string;
  /** What was found, what is needed and what to do; undefined when all is well. */
  fault(facts: Facts, plan: Plan): string | undefined;
}

const MiB = 1024;
const GiB = 1024 * MiB;
const inGB = (kib: number) => `${(kib / GiB).toFixed(1)} GB`;

/** Free space for a build (source, compiler, builder image), and for a container alone. Measured: 2.5 GB at the most. */
const spaceToBuild = 6 * GiB;
const spaceToRun = 1 * GiB;

const platforms: Record<string, string> = {
  aarch64: "linux/arm64",
  arm64: "linux/arm64",
  x86_64: "linux/amd64",
};

/** Docker's name for the host's platform: the image is for that machine, never for the operator's. */
export const platformOf = ({ machine }: Pick<Facts, "machine">): string | undefined => platforms[machine];

export const rules: Rule[] = [
  {
    name: "architecture",
    fault: (facts) =>
      platformOf(facts)
        ? undefined
        : `its processor runs as ${facts.machine}: a 64-bit system is needed (aarch64 or x86_64). Install the 64-bit Raspberry Pi OS`,
  },
  {
    name: "engine",
    fault: ({ dockerFault }) => {
      if (!dockerFault) return undefined;
      const advice = /permission denied/i.test(dockerFault)
        ? 'the user may not use the engine\'s socket. Type there: sudo usermod -aG docker "$USER", and log in again'
        : "no Docker Engine answers. Type there: sudo apt-get install docker.io (or: sudo systemctl start docker)";
      return `${advice}. Docker said: ${dockerFault}`;
    },
  },
  {
    name: "engine version",
    fault: ({ dockerVersion }) => {
      const [major = 0, minor = 0] = (dockerVersion ?? "").split(".").map(Number);
      return dockerVersion === undefined || major > 20 || (major === 20 && minor >= 10)
        ? undefined
        : `its Docker Engine is ${dockerVersion}: 20.10 or newer is needed. Type there: sudo apt-get install docker.io`;
    },
  },
  {
    name: "memory",
    fault: ({ memoryKiB }, { builds }) =>
      builds && memoryKiB < 1.7 * GiB
        ? `it has ${inGB(memoryKiB)} of memory: 2 GB are needed to compile Asterisk`
        : undefined,
  },
  {
    name: "disk",
    fault: ({ freeKiB, dockerRoot }, { builds }) => {
      const needed = builds ? spaceToBuild : spaceToRun;
      return freeKiB === undefined || freeKiB >= needed
        ? undefined
        : `${inGB(freeKiB)} are free in ${dockerRoot}, where Docker keeps its data: ${inGB(needed)} are needed ` +
            `${builds ? "to build" : "to run"}. Type there: docker image prune, or use a larger disk`;
    },
  },
  {
    name: "port 5060",
    fault: ({ listeners, container }) => {
      // Who listens is not shown to every user; while the container runs, it is the one that does.
      const foreign = listeners.filter(({ process }) => process || container?.status !== "running");
      if (foreign.length === 0) return undefined;
      const [first] = foreign;
      const process = first?.process ? `${first.process} (pid ${first.pid})` : "another process";
      const protocols = foreign.map(({ protocol }) => protocol.toUpperCase()).join(" and ");
      return `port 5060 (${protocols}) is in use by ${process}, and Asterisk needs it for SIP: stop it, or move it to another port`;
    },
  },
];

/** Every fault that a host has for what is planned there. */
export function faultsOf(facts: Facts, plan: Plan): string[] {
  return rules.flatMap((rule) => rule.fault(facts, plan) ?? []);
}
