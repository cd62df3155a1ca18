import { readFileSync } from "node:fs";
import path from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, quoted } from "../host/dockerHost";
import type { Mount } from "./namedVolumes";

export interface HandoverArgs {
  host: DockerHost;
  /** Docker's id of the new container's image. */
  imageId: pulumi.Input<string>;
  mounts: Mount[];
  /** That of the good container that runs, or a new one when there is none (see AsteriskPi). */
  generation: string;
  /** True where a good one runs, of which Pulumi knows. */
  stays: boolean;
  /** The id of the container of somebody else's that the configuration lets the stack take over. */
  adopts?: string;
}

/**
 * Makes room for a new container where no good one runs. Docker has one container of a name, and Pulumi does not know the
 * one that an interrupted `up`, an earlier stack or somebody else has left there.
 */
export class Handover extends pulumi.ComponentResource {
  constructor(name: string, args: HandoverArgs, opts: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:Handover", name, {}, opts);

    const mounts = args.mounts.map(
      ({ volumeName, containerPath }) => pulumi.interpolate`${volumeName}:${containerPath}`,
    );
    const parts = args.adopts ? ["volumes", "copy", "takeover", "room"] : ["volumes", "room"];
    new local.Command(
      `${name}-command`,
      {
        create: pulumi
          .all([args.imageId, args.adopts ?? "none", ...mounts])
          .apply((words) => [args.host.shell, ...words.map(quoted)].join(" ")),
        stdin: parts
          .map((name) => readFileSync(path.join(__dirname, `../host/handover/${name}.sh`), "utf8"))
          .join("\n"),
        // Just what makes the container a new one too.
        triggers: [args.generation],
        logging: "none",
      },
      // Anything else, such as another way to the host, must not run the script: it would take a container away that stays. And
      // where its image alone is another one, Pulumi itself replaces it: there is nothing in the way.
      { parent: this, ignoreChanges: args.stays ? ["create", "stdin"] : [] },
    );

    this.registerOutputs({});
  }
}
