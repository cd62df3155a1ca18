import { readFileSync } from "node:fs";
import path from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, quoted } from "../host/dockerHost";

export interface VerificationArgs {
  host: DockerHost;
  containerId: pulumi.Input<string>;
  /** The release that was built, and so must run. */
  version: string;
}

const script = readFileSync(path.join(__dirname, "../host/verify.sh"), "utf8");

/** Asks each new container whether it is fully booted, and whether it is the release that was built. */
export class Verification extends pulumi.ComponentResource {
  /** The release that runs, as Asterisk itself says it. */
  readonly asteriskVersion: pulumi.Output<string>;

  constructor(name: string, args: VerificationArgs, opts: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:Verification", name, {}, opts);

    const command = new local.Command(
      `${name}-command`,
      {
        create: pulumi.interpolate`${args.host.shell} ${args.containerId} ${quoted(args.version)}`,
        stdin: script,
        triggers: [args.containerId, args.version],
        logging: "none",
      },
      // A new container is checked anew: there is nothing of the old check to keep.
      { parent: this, deleteBeforeReplace: true },
    );

    this.asteriskVersion = command.stdout;
    this.registerOutputs({ asteriskVersion: this.asteriskVersion });
  }
}
