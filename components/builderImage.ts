import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ImagePlan } from "../docker/images";

export interface BuilderImageArgs {
  plan: ImagePlan;
  /** The Docker host's platform, such as linux/arm64. */
  platform: string;
  /** The generation of the image that the host has under the plan's reference, if it has one (see the constructor). */
  generation?: string;
  /** Docker's name of the host's storage driver. */
  imageStore?: string;
}

/** The image in which Asterisk was compiled and packaged. Made by docker.Image, which shows the compile as it runs. */
export class BuilderImage extends pulumi.ComponentResource {
  /** Docker's id of the image. */
  readonly imageId: pulumi.Output<string>;

  constructor(
    name: string,
    { plan, platform, generation, imageStore }: BuilderImageArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("asterisk-rpi5:index:BuilderImage", name, {}, opts);

    const image = new docker.Image(
      `${name}-image`,
      {
        imageName: plan.reference,
        skipPush: true,
        build: {
          context: plan.context.path,
          dockerfile: `${plan.context.path}/Dockerfile`,
          target: "builder",
          platform,
          builderVersion: docker.BuilderVersion.BuilderBuildKit,
          // docker.Image never looks whether its image is still there. So the image carries a generation, which comes
          // back with the host's facts: the one in the state while the image is there, a new one when it is gone.
          args: {
            ...plan.buildArgs,
            GENERATION: generation ?? new Date().toISOString(),
            // With its layers' keys inside, an image that came by `docker load` takes the place of the build cache.
            BUILDKIT_INLINE_CACHE: "1",
          },
          // Not where containerd keeps the images: there BuildKit would look for it in a registry.
          ...(generation && imageStore === "overlay2" && { cacheFrom: { images: [plan.reference] } }),
        },
      },
      {
        parent: this,
        // docker.Image never removes one anyway: so Pulumi says it too.
        retainOnDelete: true,
        // A Pi 4 that builds on a slow card needs most of an hour.
        customTimeouts: { create: "3h", update: "3h" },
        // Of use to a new stack that finds the image; no reason to build one that it has.
        ignoreChanges: ["build.cacheFrom"],
      },
    );

    this.imageId = image.repoDigest;
    this.registerOutputs({ imageId: this.imageId });
  }
}
