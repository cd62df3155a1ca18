import semver from "semver";
import { type VolumeNames, volumeParts } from "../config/volumes";
import { type Facts, isForeign, isOurs } from "./facts";

/** What the stack is about to do on a host, as far as the rules need to know it. */
export interface Plan {
  /** True when the builder image is not there yet, so that Asterisk will be compiled. */
  builds: boolean;
  volumes: VolumeNames;
  /** The id of the container of somebody else's that the stack may take over. */
  adopts?: string;
}

/** One thing that must be so on a host, or better were. */
interface Rule {
  /** What it is about, for whoever reads the table; in a message, <pi> and <stack> stand for their names. */
  name: string;
  /** An error stops the run before anything is changed; a warning is shown at preview. */
  level: "error" | "warning";
  /** What was found, what is needed and what to do; undefined when all is well. */
  fault(facts: Facts, plan: Plan): string | undefined;
}

const MiB = 1024;
const GiB = 1024 * MiB;
const inGB = (kib: number) => `${(kib / GiB).toFixed(1)} GB`;

/** Free space for a build (source, compiler, builder image), and for a container alone. */
const spaceToBuild = 6 * GiB;
const spaceToRun = 1 * GiB;

const platforms: Record<string, string> = { arm64: "linux/arm64", amd64: "linux/amd64" };

/**
 * Docker's name for the host's platform: the image is for that machine, never for the operator's. By the engine's own
 * word, since 32-bit Raspberry Pi OS has a 64-bit kernel, and `uname` tells of that alone.
 */
export const platformOf = ({ dockerArch = "" }: Pick<Facts, "dockerArch">): string | undefined =>
  platforms[dockerArch];

/** 2 GB, less what a Pi's firmware takes of them. */
const leastMemory = 1.7 * GiB;

/** What the lowest bits of `vcgencmd get_throttled` stand for; the others are of the past. */
const throttlings = [
  { bit: 0, what: "under-voltage" },
  { bit: 1, what: "frequency capped" },
  { bit: 2, what: "slowed down" },
  { bit: 3, what: "soft temperature limit" },
];

/** What is wrong with an engine that does not serve us, and what to do about it. */
export function engineFault(said: string): string {
  const advice = /permission denied/i.test(said)
    ? 'the user may not use the engine\'s socket. Type there: sudo usermod -aG docker "$USER", and log in again'
    : /no answer/.test(said)
      ? "its Docker Engine hangs. See why, and start it again, there: journalctl -u docker; sudo systemctl restart docker"
      : "no Docker Engine answers. Type there: sudo apt-get install docker.io (or: sudo systemctl start docker)";
  return `${advice}. Docker said: ${said}`;
}

export const rules: Rule[] = [
  {
    name: "architecture",
    level: "error",
    fault: ({ machine, dockerArch }) => {
      const advice = "a 64-bit system is needed (arm64 or amd64). Install the 64-bit Raspberry Pi OS";
      if (!/^(aarch64|arm64|x86_64)$/.test(machine)) return `its processor runs as ${machine}: ${advice}`;
      return dockerArch === undefined || platformOf({ dockerArch })
        ? undefined
        : `its Docker Engine is made for ${dockerArch}: ${advice}`;
    },
  },
  {
    name: "engine",
    level: "error",
    fault: ({ dockerFault }) => dockerFault && engineFault(dockerFault),
  },
  {
    name: "engine version",
    level: "error",
    // Debian's has words behind the number: 20.10.24+dfsg1.
    fault: ({ dockerVersion }) =>
      dockerVersion !== undefined && semver.lt(semver.coerce(dockerVersion) ?? "0.0.0", "20.10.0")
        ? `its Docker Engine is ${dockerVersion}: 20.10 or newer is needed. Type there: sudo apt-get install docker.io`
        : undefined,
  },
  {
    name: "memory",
    level: "error",
    fault: ({ memoryKiB }, { builds }) =>
      builds && memoryKiB < leastMemory
        ? `it has ${inGB(memoryKiB)} of memory: 2 GB are needed to compile Asterisk`
        : undefined,
  },
  {
    name: "disk",
    level: "error",
    fault: ({ freeKiB, dockerRoot, images }, { builds }) => {
      const needed = builds ? spaceToBuild : spaceToRun;
      if (freeKiB === undefined || freeKiB >= needed) return undefined;
      // None of them is the one that is needed, or nothing would be built.
      const old = builds ? Object.keys(images) : [];
      const advice =
        old.length > 0 ? `docker image rm ${old.join(" ")} (of earlier builds)` : "docker system df";
      return (
        `${inGB(freeKiB)} are free in ${dockerRoot}, where Docker keeps its data: ${inGB(needed)} are needed ` +
        `${builds ? "to build" : "to run"}. Type there: ${advice}, or use a larger disk`
      );
    },
  },
  {
    name: "port 5060",
    level: "error",
    fault: ({ listeners, container, dockerFault }) => {
      // Who listens is not shown to every user; while the container runs, it is the one that does, or Docker for it. And it may
      // run where the engine does not tell.
      const mayBeOurs = container?.status === "running" || dockerFault !== undefined;
      const foreign = listeners.filter(
        ({ process = "docker-proxy" }) => process !== "docker-proxy" || !mayBeOurs,
      );
      if (foreign.length === 0) return undefined;
      const [first] = foreign;
      const process = first?.process ? `${first.process} (pid ${first.pid})` : "another process";
      const protocols = foreign.map(({ protocol }) => protocol.toUpperCase()).join(" and ");
      return `port 5060 (${protocols}) is in use by ${process}, and Asterisk needs it for SIP: stop it, or move it to another port`;
    },
  },
  {
    name: "container",
    level: "error",
    fault: ({ container }, plan) =>
      container && isForeign(container, plan.volumes) && container.id !== plan.adopts
        ? `a container "asterisk" is there that this stack has not made (${container.status}, of the image ${container.image}). ` +
          "To take it over with all its data, type: npm run adopt -- <stack> <pi>"
        : undefined,
  },
  {
    name: "look",
    level: "error",
    // A good one that was not seen to be good would be replaced, and its calls cut.
    fault: ({ container, looked }) =>
      container?.status === "running" && container.name === "asterisk" && isOurs(container) && !looked
        ? "its container asterisk runs, and no command can be run in it (docker exec): it may be busy, so try again; or type " +
          "there: docker restart asterisk"
        : undefined,
  },
  {
    name: "volumes of a compose project",
    level: "warning",
    fault: ({ volumes, container }, plan) => {
      // `adopt` says which it uses.
      if (container && isForeign(container, plan.volumes)) return undefined;
      const missing = volumeParts.filter((part) => !volumes.includes(plan.volumes[part]));
      const others = missing.flatMap((part) => {
        const other = volumes.find((name) => name.endsWith(`_asterisk-${part}`));
        return other ? [`${part}: ${other}`] : [];
      });
      return others.length > 0
        ? "it starts on new, empty volumes, while there are others that look like those of an Asterisk. To use them, put " +
            `into Pulumi.<stack>.yaml, at asterisk-rpi5:pis.<pi>: volumes: { ${others.join(", ")} }`
        : undefined;
    },
  },
  {
    name: "lost volumes",
    level: "warning",
    fault: ({ volumes, runtimeImage, container }, plan) => {
      // The take-over makes and fills them.
      if (container && isForeign(container, plan.volumes)) return undefined;
      const missing = Object.values(plan.volumes).filter((name) => !volumes.includes(name));
      const usedBefore = runtimeImage || missing.length < volumeParts.length;
      return missing.length > 0 && usedBefore
        ? `${missing.length === 1 ? "its volume" : "its volumes"} ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} ` +
            "gone, and will be made anew, empty: restore a backup, if there is one"
        : undefined;
    },
  },
  {
    name: "health",
    level: "warning",
    fault: ({ container }) =>
      container?.health === "unhealthy"
        ? "its Asterisk does not answer (docker logs asterisk). To start it again, type there: docker restart asterisk"
        : undefined,
  },
  {
    name: "calls",
    level: "warning",
    fault: ({ calls = 0 }) =>
      calls > 0
        ? `it has ${calls === 1 ? "a call" : `${calls} calls`} in progress: cut if the container is replaced`
        : undefined,
  },
  {
    name: "advised memory",
    level: "warning",
    fault: ({ memoryKiB, swapKiB = 0 }, { builds }) =>
      builds && memoryKiB >= leastMemory && memoryKiB + swapKiB < 3.6 * GiB
        ? `it has ${inGB(memoryKiB)} of memory and ${inGB(swapKiB)} of swap: the build is faster with 4 GB`
        : undefined,
  },
  {
    name: "throttling",
    level: "warning",
    fault: ({ throttled = 0 }) => {
      const found = throttlings.filter(({ bit }) => throttled & (1 << bit)).map(({ what }) => what);
      return found.length > 0
        ? `it is throttled now (${found.join(", ")}): use its own power supply, and a cooler`
        : undefined;
    },
  },
  {
    name: "temperature",
    level: "warning",
    fault: ({ temperature = 0 }) =>
      temperature >= 80
        ? `its processor is at ${temperature} °C: it slows down at 80 °C, so cool it`
        : undefined,
  },
  {
    name: "clock",
    level: "warning",
    fault: ({ clockSkew }) =>
      Math.abs(clockSkew) > 60
        ? `its clock is ${Math.abs(clockSkew)} s ${clockSkew > 0 ? "ahead of" : "behind"} this machine's: TLS and apt ` +
          "refuse what they take for the future. Type there: sudo timedatectl set-ntp true"
        : undefined,
  },
];

/** What the rules of a level find wrong with a host for what is planned there. */
export function findings(level: Rule["level"], facts: Facts, plan: Plan): string[] {
  return rules.flatMap((rule) => (rule.level === level ? (rule.fault(facts, plan) ?? []) : []));
}
