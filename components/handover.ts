import { readFileSync } from "node:fs";
import path from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { DockerHost } from "../host/dockerHost";
import type { FoundContainer } from "../host/facts";
import { lastWords, onHost } from "../host/onHost";

export interface Before {
  /** The good container of a stack that ran there when the facts were read. */
  good?: FoundContainer;
  /** The id of the container of somebody else's that the configuration lets the stack take over. */
  adopts?: string;
}

/** Of a container that is to be created, what decides who makes room for it. */
const newContainer = z.object({
  image: z.string(),
  volumes: z.array(z.object({ volumeName: z.string(), containerPath: z.string() })),
});

const scriptOf = (parts: string[]): string =>
  parts.map((part) => readFileSync(path.join(__dirname, `../host/handover/${part}.sh`), "utf8")).join("\n");

/**
 * Makes room for a container, right before it is created, whatever the reason. Docker has one container of a name, and Pulumi
 * does not know the one that an interrupted `up`, another state, a restored card or somebody else has left there.
 */
export function handover(host: DockerHost, { good, adopts }: Before): pulumi.ResourceHookFunction {
  return async ({ newInputs }) => {
    const { image, volumes } = newContainer.parse(newInputs);
    const mounts = volumes.map(({ volumeName, containerPath }) => `${volumeName}:${containerPath}`);
    // Where a good one had these volumes, all that is in them is the asterisk user's; to look again would keep callers waiting.
    const settled = volumes.every(({ volumeName, containerPath }) =>
      good?.mounts.some(({ Name, Destination }) => Name === volumeName && Destination === containerPath),
    );
    const words = [image, settled ? "settled" : "new", adopts ?? "none", ...mounts];
    const script = scriptOf(adopts ? ["volumes", "copy", "takeover", "room"] : ["volumes", "room"]);
    await onHost(host, script, words).catch((error: unknown) => {
      throw new Error(lastWords(error));
    });
  };
}
