import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { VolumeNames } from "../config/volumes";
import { type Facts, hasVolumes } from "../host/facts";
import type { Mount } from "./namedVolumes";

export interface AsteriskContainerArgs {
  imageId: pulumi.Input<string>;
  mounts: Mount[];
  /** The text for the container's generation label (see generationLabel). */
  generation: string;
}

/** Docker's name of the container. */
export const containerName = "asterisk";

/**
 * An `up` without --refresh does not look at the container. So the container carries a generation, which comes back with
 * the host's facts: the one in the state while the container is good, a new one when it is not. Then it is replaced.
 */
const generationLabel = "asterisk-rpi5.container";

/**
 * The generation of the container that runs; none when it is gone, stopped, renamed, not ours, was never verified, has other
 * volumes than these, or is not the one whose id the stack's state has recorded.
 */
export function runningGeneration(
  { container, verified }: Facts,
  volumes: VolumeNames,
  recorded?: string,
): string | undefined {
  if (container === undefined) return undefined;
  const { id, name, status, labels } = container;
  const good = name === containerName && status === "running" && id === verified && id === recorded;
  return good && hasVolumes(container, volumes) ? labels[generationLabel] : undefined;
}

/** The ids of the user `asterisk` in the image. */
const asteriskUser = 999;

/** Seconds that Asterisk may take to stop by itself (it needs 0.1) and to boot to where the health check is content. */
const stopSeconds = 30;
const bootSeconds = 120;

/** The running PBX: one container on the host's network, with no more rights than it needs. */
export class AsteriskContainer extends pulumi.ComponentResource {
  readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: AsteriskContainerArgs, opts: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:AsteriskContainer", name, {}, opts);

    const container = new docker.Container(
      `${name}-container`,
      {
        name: containerName,
        labels: [{ label: generationLabel, value: args.generation }],
        image: args.imageId,
        networkMode: "host",
        restart: "unless-stopped",
        volumes: args.mounts,
        // The console without a terminal spins on its closed input, for 85 % of a core.
        tty: true,
        stdinOpen: true,
        capabilities: { drops: ["ALL"] },
        securityOpts: ["no-new-privileges"],
        readOnly: true,
        tmpfs: {
          "/var/run/asterisk": `uid=${asteriskUser},gid=${asteriskUser},mode=0755`,
          "/tmp": "",
        },
        logDriver: "json-file",
        logOpts: { "max-size": "10m", "max-file": "3" },
        wait: true,
        waitTimeout: bootSeconds,
        // The provider's own default is to kill at once.
        stopTimeout: stopSeconds,
        destroyGraceSeconds: stopSeconds,
      },
      // Two containers cannot both have the host's port 5060.
      { parent: this, deleteBeforeReplace: true },
    );

    this.containerId = container.id;
    this.registerOutputs({ containerId: this.containerId });
  }
}
