import { existsSync } from "node:fs";
import execa from "execa";
import { basesArchive } from "../../scripts/setup/bases";
import { localDockerHost } from "../../scripts/setup/engine";
import { SetupError } from "../../scripts/setup/step";
import type { Pi } from "./pi";

const images = ["debian:bookworm", "debian:bookworm-slim"];

/** Stops before anything is made when there is nothing to preload the Pis from. */
export async function assertBases(): Promise<void> {
  if (existsSync(basesArchive)) {
    return;
  }
  const { failed } = await execa("docker", ["--host", localDockerHost, "image", "inspect", ...images], {
    reject: false,
  });
  if (failed) {
    throw new SetupError(
      `The Pis start with ${images.join(" and ")}, and this machine's Docker Engine has not got them. ` +
        "Type: npm run setup -- --for-tests",
    );
  }
}

/** Gives a Pi the base images from the file that set-up made, or where it pulled them, from this machine's Engine. */
export async function preloadBases(pi: Pi): Promise<void> {
  await pi.loadImage(
    existsSync(basesArchive)
      ? basesArchive
      : execa("docker", ["--host", localDockerHost, "save", ...images], { buffer: false }),
  );
}
