import { readFileSync } from "node:fs";
import path from "node:path";
import { local, types } from "@pulumi/command";
import { z } from "zod";
import { type VolumeNames, volumeParts, volumePaths } from "../config/volumes";
import { giveUpConnection, prepareConnection } from "./connection";
import type { DockerHost } from "./dockerHost";

const foundContainer = z.object({
  id: z.string(),
  name: z.string().transform((name) => name.replace(/^\//, "")),
  /** Docker's word: running, exited, created, paused, restarting, dead. */
  status: z.string(),
  /** Docker's word: starting, healthy, unhealthy; none where the image has no health check. */
  health: z.string().nullish(),
  image: z.string(),
  labels: z
    .record(z.string(), z.string())
    .nullable()
    .transform((labels) => labels ?? {}),
  mounts: z.array(
    z.object({ Destination: z.string(), Type: z.string(), Name: z.string().optional(), Source: z.string() }),
  ),
  /** Whom its processes run as; empty for root. */
  user: z.string(),
  /** True when Docker removes it as soon as it stops. */
  autoRemove: z.boolean(),
});
export type FoundContainer = z.infer<typeof foundContainer>;

/** True for a container that carries the label of a stack's, or was made of a copy of one that does. */
export const isOurs = ({ labels }: FoundContainer): boolean => "asterisk-rpi5.container" in labels;

/** True for a container with all of these volumes, each in its place. */
export const hasVolumes = ({ mounts }: FoundContainer, volumes: VolumeNames): boolean =>
  volumeParts.every((part) =>
    mounts.some(({ Destination, Name }) => Destination === volumePaths[part] && Name === volumes[part]),
  );

/**
 * True for a container that has the name of the stack's, and is somebody else's. It is not where a stack of this project made
 * it, nor where it is of its image with just these volumes: it has no data elsewhere then, and makes room for a new one (see
 * handover/room.sh, which looks again).
 */
export function isForeign(container: FoundContainer, volumes: VolumeNames): boolean {
  const { name, labels } = container;
  const ofOurImage = "asterisk-rpi5.image" in labels && hasVolumes(container, volumes);
  return name === "asterisk" && !isOurs(container) && !ofOurImage;
}

/** What a Docker host says of itself: read in one round trip, before anything is changed. See facts.sh. */
export interface Facts {
  /** As `uname -m` says it: aarch64, x86_64. */
  machine: string;
  /** The board, where the device tree names it: "Raspberry Pi 5 Model B Rev 1.0". */
  model?: string;
  cores?: number;
  memoryKiB: number;
  swapKiB?: number;
  /** Seconds by which the host's clock is ahead of this machine's, or behind it when negative. */
  clockSkew: number;
  /** Degrees Celsius of the processor, where the board tells. */
  temperature?: number;
  /** The bits of `vcgencmd get_throttled`, where there is one: https://www.raspberrypi.com/documentation/computers/os.html */
  throttled?: number;
  /** Why the engine does not serve us, mostly in Docker's own words. Then no fact about the engine is known. */
  dockerFault?: string;
  dockerVersion?: string;
  /** What the engine is made for, as Go says it: arm64, amd64; arm on a 32-bit system, whatever its kernel is. */
  dockerArch?: string;
  /** Docker's name of its storage driver: overlay2, or overlayfs where containerd keeps the images. */
  imageStore?: string;
  /** The folder where the engine keeps its data, and what is free there. */
  dockerRoot?: string;
  freeKiB?: number;
  /** The images of this project on the host: reference to generation (see BuilderImage). */
  images: Record<string, string>;
  /** True when a runtime image of this project is there: then an `up` has been here before. */
  runtimeImage?: boolean;
  /** The names of all volumes. */
  volumes: string[];
  /** The container named `asterisk`, whoever made it; or one of a stack that somebody gave another name. */
  container?: FoundContainer;
  /** The id of the container that the last verification found to be good (see verify.sh). */
  verified?: string;
  /** True when a command could be run in the container `asterisk`; without it, the two around this are not known. */
  looked?: boolean;
  /** Calls in progress, where Asterisk answers. */
  calls?: number;
  /** What listens on port 5060 and is not in that container; without a process where the host does not tell. */
  listeners: { protocol: string; process?: string; pid?: string }[];
}

/** The facts, or why they could not be read. */
export type FactsResult = { facts: Facts } | { fault: string };

/** Prints the facts, in a POSIX shell on the host. */
export const factsScript = readFileSync(path.join(__dirname, "facts.sh"), "utf8");

/** A host in one line, for a person to recognize it. */
export function summary({ model, machine, cores, memoryKiB, freeKiB = 0, ...docker }: Facts): string {
  const inGB = (kib: number) => `${(kib / 1024 ** 2).toFixed(1)} GB`;
  const engine = `Docker ${docker.dockerVersion} (${docker.imageStore})`;
  return [
    model ?? machine,
    `${cores} cores`,
    `${inGB(memoryKiB)} memory`,
    `${inGB(freeKiB)} free`,
    engine,
  ].join(", ");
}

/** Asks a host for its facts. Never throws for what is wrong there: the caller tells of all hosts at once. */
export async function readFacts(host: DockerHost): Promise<FactsResult> {
  if (host.ssh) await prepareConnection(host.ssh);
  const result = await local.run(
    { command: `${host.shell}; echo "exit=$?"`, stdin: factsScript, logging: types.enums.local.Logging.None },
    { async: true },
  );
  const lines = result.stdout.split("\n");
  if (!lines.includes("exit=0"))
    return { fault: faultOf(result.stderr) ?? "the shell there ended with an error" };
  const facts = parseFacts(lines);
  // A user who was let into the group docker meanwhile is in it from the next login on.
  if (facts.dockerFault && host.ssh) await giveUpConnection(host.ssh);
  return { facts };
}

/**
 * What ssh says last, and what tells more than that: the line before about a jump host or about too many keys, and that a key
 * file is not there.
 */
export function faultOf(stderr: string): string | undefined {
  const lines = stderr.split("\n").flatMap((line) => line.trim() || []);
  const last = lines.slice(/UNKNOWN port|^Disconnected from/.test(lines.at(-1) ?? "") ? -2 : -1);
  const missing = lines.filter((line) => line.startsWith("no such identity") && !last.includes(line));
  return [...missing, ...last].join("; ") || undefined;
}

/** Makes facts of the lines that facts.sh prints. */
export function parseFacts(lines: string[], now = Date.now()): Facts {
  const values = lines.flatMap((line) => {
    const at = line.indexOf("=");
    return at < 0 ? [] : [{ key: line.slice(0, at), value: line.slice(at + 1).trim() }];
  });
  const all = (key: string) => values.filter((fact) => fact.key === key).map((fact) => fact.value);
  const one = (key: string) => all(key)[0];
  const count = (key: string) => (one(key) === undefined ? undefined : Number(one(key)));
  const container = one("container");
  return {
    machine: one("machine") ?? "unknown",
    model: one("model"),
    cores: count("cores"),
    memoryKiB: count("memoryKiB") ?? 0,
    swapKiB: count("swapKiB"),
    clockSkew: Math.round((count("clock") ?? now / 1000) - now / 1000),
    temperature: count("temperature"),
    throttled: count("throttled"),
    dockerFault: one("dockerFault"),
    dockerVersion: one("dockerVersion"),
    dockerArch: one("dockerArch"),
    imageStore: one("imageStore"),
    dockerRoot: one("dockerRoot"),
    freeKiB: count("freeKiB"),
    images: Object.fromEntries(
      all("image").map((line) => {
        const [reference = "", generation = ""] = line.split(" ");
        return [reference, generation];
      }),
    ),
    runtimeImage: one("runtimeImage") !== undefined,
    volumes: all("volume"),
    container: container ? foundContainer.parse(JSON.parse(container)) : undefined,
    verified: one("verified"),
    looked: one("looked") !== undefined,
    calls: count("calls"),
    listeners: all("listener").map((line) => {
      const [protocol = "", pid, process] = line.split(" ");
      return { protocol, pid, process };
    }),
  };
}
