import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { BuildContext } from "../docker/context";

export interface RuntimeImageArgs {
  version: string;
  context: BuildContext;
  /** The reference that the builder image has or will have: part of this image's content. */
  builderReference: string;
  /** The slim Debian image below it. */
  base: string;
}

/** The slim image that runs: the .deb of the builder image, installed. Noticed when it is gone, and then built again. */
export class RuntimeImage extends pulumi.ComponentResource {
  /** The image's reference, with a tag that stands for its content. */
  readonly reference: pulumi.Output<string>;
  /** Docker's id of the image. */
  readonly imageId: pulumi.Output<string>;

  constructor(name: string, args: RuntimeImageArgs, opts: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:RuntimeImage", name, {}, opts);

    const digest = createHash("sha256")
      .update(JSON.stringify([args.context.digest, args.builderReference, args.base]))
      .digest("hex");

    const image = new docker.RemoteImage(
      `${name}-image`,
      {
        name: `asterisk-rpi5:${args.version}-${digest.slice(0, 12)}`,
        build: {
          context: args.context.path,
          target: "runtime",
          buildArgs: { BUILDER: args.builderReference, RUNTIME_BASE: args.base },
          // Without it the build would run on the operator's own engine. https://github.com/pulumi/pulumi-docker/issues/1273
          useLegacyBuilder: true,
        },
        // The image of the release before is what a person goes back to; removing it is no part of an upgrade.
        keepLocally: true,
      },
      { parent: this, customTimeouts: { create: "1h", update: "1h" } },
    );

    this.reference = image.name;
    this.imageId = image.imageId;
    this.registerOutputs({ reference: this.reference, imageId: this.imageId });
  }
}
