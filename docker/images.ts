import { createHash } from "node:crypto";
import type { LoadedSite } from "../config/load";
import { type BuildContext, buildContexts } from "./context";
import { packSource } from "./source";

/** An image as it is to be: what it is built from, and a reference that stands for just that. */
export interface ImagePlan {
  /** Name and tag; the same for the same content, on every host. */
  reference: string;
  context: BuildContext;
  buildArgs: Record<string, string>;
}

export interface ImagePlans {
  builder: ImagePlan;
  runtime: ImagePlan;
}

/** Lays out what both images are built from. A source directory is packed, and goes along in the builder's context. */
export function planImages(
  { source, version, ...asterisk }: LoadedSite["asterisk"],
  workFolder: string,
): ImagePlans {
  const tarball =
    "directory" in source ? packSource(source.directory, `${workFolder}/packed-source`) : undefined;
  const contexts = buildContexts(`${workFolder}/context`, tarball);

  const builder = plan("asterisk-rpi5-builder", version, contexts.builder, {
    BUILDER_BASE: asterisk.baseImages.builder,
    VERSION: version,
    PACKAGER: asterisk.packager,
    BUILD_NATIVE: asterisk.buildNative ? "1" : "0",
    ...(asterisk.gemSource && { GEM_SOURCE: asterisk.gemSource }),
    ...("url" in source ? { SOURCE_URL: source.url, SOURCE_SHA256: source.sha256 } : {}),
    ...(tarball && { SOURCE_SHA256: tarball.sha256 }),
  });
  const runtime = plan("asterisk-rpi5", version, contexts.runtime, {
    BUILDER: builder.reference,
    VERSION: version,
    RUNTIME_BASE: asterisk.baseImages.runtime,
  });
  return { builder, runtime };
}

function plan(
  name: string,
  version: string,
  context: BuildContext,
  buildArgs: Record<string, string>,
): ImagePlan {
  const digest = createHash("sha256")
    .update(JSON.stringify([context.digest, Object.entries(buildArgs).sort()]))
    .digest("hex");
  return { reference: `${name}:${version}-${digest.slice(0, 12)}`, context, buildArgs };
}
