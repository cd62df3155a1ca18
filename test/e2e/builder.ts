import { existsSync, mkdirSync, renameSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { type ImagePlan, planImages } from "../../docker/images";
import { pulumiDir } from "../../scripts/setup/paths";
import { asteriskSource } from "../../scripts/setup/source";
import type { Pi } from "../lab/pi";

// Debian's client has BuildKit built in; a newer one elsewhere in the PATH may want a plugin for it.
const docker = existsSync("/usr/bin/docker") ? "/usr/bin/docker" : "docker";

/** What a stack's file says under `asterisk-rpi5:asterisk` to build what this machine can have. */
export async function asteriskConfig() {
  const { version, ...source } = await asteriskSource(() => {});
  // Where Asterisk's own host answers, that of the FPM gem does too.
  return "url" in source
    ? { version, packager: "fpm" as const, source }
    : { packager: "dpkg-deb" as const, source };
}

/** The images of that configuration, their contexts below `workFolder`. */
export async function plannedImages(workFolder: string) {
  const { version } = await asteriskSource(() => {});
  const baseImages = { builder: "debian:bookworm", runtime: "debian:bookworm-slim" };
  const asterisk = { ...(await asteriskConfig()), version, buildNative: false, baseImages };
  return planImages(asterisk, workFolder);
}

/** Builds an image of the plan by `docker build`, on that engine. Returns what the build printed. */
export async function buildImage(
  host: string,
  plan: ImagePlan,
  tag: string,
  args: Record<string, string> = {},
  ...options: string[]
): Promise<{ output: string; failed: boolean }> {
  const buildArgs = Object.entries({ ...plan.buildArgs, ...args }).flatMap(([arg, value]) => [
    "--build-arg",
    `${arg}=${value}`,
  ]);
  const { all, failed } = await execa(
    docker,
    [
      "--host",
      host,
      "build",
      "--progress=plain",
      `--tag=${tag}`,
      ...options,
      ...buildArgs,
      plan.context.path,
    ],
    { env: { DOCKER_BUILDKIT: "1" }, all: true, reject: false },
  );
  return { output: all ?? "", failed };
}

const keptFolder = path.join(pulumiDir, "builder");

/** The builder image of that configuration, and the file where one that was compiled is kept for all tests. */
async function keptBuilder() {
  const plan = (await plannedImages(keptFolder)).builder;
  return { plan, archive: path.join(keptFolder, `${plan.reference.replace(":", "-")}.tar`) };
}

/** Keeps the builder image that was compiled on a Pi for the tests that are not about the compile, unless there is one. */
export async function keepBuilder(pi: Pi): Promise<void> {
  const { plan, archive } = await keptBuilder();
  if (existsSync(archive)) return;
  mkdirSync(keptFolder, { recursive: true });
  const unfinished = `${archive}.${process.pid}`;
  // With the image that it stands on: the keys of its layers begin with that.
  await pi.docker("save", "--output", unfinished, plan.reference, "debian:bookworm");
  renameSync(unfinished, archive);
}

/**
 * Gives Pis the builder image that is kept, or else compiles it on the first of them. It carries the keys of its layers
 * (inline cache), so that `up` finds each of them built. Returns its reference.
 */
export async function giveBuilder(...pis: Pi[]): Promise<string> {
  const { plan, archive } = await keptBuilder();
  const [first] = pis;
  if (!existsSync(archive) && first) {
    const args = { BUILDKIT_INLINE_CACHE: "1", GENERATION: new Date().toISOString() };
    const engine = `unix://${first.socket}`;
    const { failed, output } = await buildImage(engine, plan, plan.reference, args, "--target=builder");
    if (failed) throw new Error(output.slice(-4000));
    await keepBuilder(first);
  }
  await Promise.all(pis.map((pi) => pi.loadImage(archive)));
  return plan.reference;
}
