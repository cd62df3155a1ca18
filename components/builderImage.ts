import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { LoadedSite } from "../config/load";
import type { BuildContext } from "../docker/context";

export interface BuilderImageArgs {
  /** What is built: release, packager, source. */
  asterisk: LoadedSite["asterisk"];
  context: BuildContext;
  /** SHA-256 of the source tarball, wherever it comes from. */
  sourceSha256: string;
  /** The Docker host's platform, such as linux/arm64. */
  platform: string;
  /** The generations of the images that the host has, by reference (see `generation` in the constructor). */
  images: Record<string, string>;
}

/** The reference of the builder image for these arguments: the same for the same content, on every host. */
export function builderReference(args: Pick<BuilderImageArgs, "asterisk" | "context" | "sourceSha256">): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([args.context.digest, buildArgs(args)]))
    .digest("hex");
  return `asterisk-rpi5-builder:${args.asterisk.version}-${digest.slice(0, 12)}`;
}

function buildArgs({ asterisk, sourceSha256 }: Pick<BuilderImageArgs, "asterisk" | "sourceSha256">) {
  return {
    BUILDER_BASE: asterisk.baseImages.builder,
    VERSION: asterisk.version,
    ...("url" in asterisk.source && { SOURCE_URL: asterisk.source.url }),
    SOURCE_SHA256: sourceSha256,
    PACKAGER: asterisk.packager,
    ...(asterisk.gemSource && { GEM_SOURCE: asterisk.gemSource }),
    BUILD_NATIVE: asterisk.buildNative ? "1" : "0",
  };
}

/** The image in which Asterisk was compiled and packaged. Made by docker.Image, which shows the compile as it runs. */
export class BuilderImage extends pulumi.ComponentResource {
  /** The image's reference, with a tag that stands for its content. */
  readonly reference: pulumi.Output<string>;
  /** Docker's id of the image. */
  readonly imageId: pulumi.Output<string>;

  constructor(name: string, args: BuilderImageArgs, opts: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:BuilderImage", name, {}, opts);

    const reference = builderReference(args);
    // docker.Image never looks whether its image is still there. So the image carries a generation, which comes back
    // with the host's facts: the same as in the state while the image is there, a new one when it is gone.
    const generation = args.images[reference] ?? new Date().toISOString();

    const image = new docker.Image(
      `${name}-image`,
      {
        imageName: reference,
        skipPush: true,
        build: {
          context: args.context.path,
          dockerfile: `${args.context.path}/Dockerfile`,
          target: "builder",
          platform: args.platform,
          builderVersion: docker.BuilderVersion.BuilderBuildKit,
          args: { ...buildArgs(args), GENERATION: generation },
        },
      },
      // A Pi 4 from a slow card compiles for most of an hour.
      { parent: this, customTimeouts: { create: "3h", update: "3h" } },
    );

    this.reference = image.imageName;
    this.imageId = image.repoDigest;
    this.registerOutputs({ reference: this.reference, imageId: this.imageId });
  }
}
