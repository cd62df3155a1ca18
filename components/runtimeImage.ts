import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ImagePlan } from "../docker/images";

export interface RuntimeImageArgs {
  plan: ImagePlan;
}

/** The slim image that runs: the .deb of the builder image, installed. Noticed when it is gone, and then built again. */
export class RuntimeImage extends pulumi.ComponentResource {
  /** The image's reference, with a tag that stands for its content. */
  readonly reference: pulumi.Output<string>;
  /** Docker's id of the image. */
  readonly imageId: pulumi.Output<string>;

  constructor(name: string, { plan }: RuntimeImageArgs, opts: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:RuntimeImage", name, {}, opts);

    const image = new docker.RemoteImage(
      `${name}-image`,
      {
        name: plan.reference,
        build: {
          context: plan.context.path,
          target: "runtime",
          buildArgs: plan.buildArgs,
          // Without it the provider uses buildx, and that builds on the operator's own engine.
          useLegacyBuilder: true,
        },
      },
      // The image of the release before is what a person goes back to; removing it is no part of an upgrade.
      { parent: this, retainOnDelete: true, customTimeouts: { create: "1h", update: "1h" } },
    );

    this.reference = image.name;
    this.imageId = image.imageId;
    this.registerOutputs({ reference: this.reference, imageId: this.imageId });
  }
}
