import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import execa from "execa";
import { debianMirror } from "../../scripts/setup/debian";
import { pulumiDir } from "../../scripts/setup/paths";
import { SetupError } from "../../scripts/setup/step";

/** What a Pi of the lab runs: this machine's programs and Docker Engine, or those of Debian sid. */
export const engines = ["machine", "sid"] as const;
export type Engine = (typeof engines)[number];

/** The root of every Pi with Debian sid, which these only read. */
export const sidRoot = path.join(pulumiDir, "sid", "root");

/** What boot.sh needs, beside dockerd: the programs of `requirements.ts` that a minimal Debian has not got. */
const packages = ["docker.io", "docker-cli", "iproute2", "iptables", "openssh-server"];

/** What the Engine of sid is told beside what every Pi's is: to keep images in containerd, as a new installation does. */
export const sidFlags = ["--feature", "containerd-snapshotter=true"];

/** Makes the root unless it is there, by debootstrap: a newer C library than the machine's has to come with it. */
export async function makeSidRoot(say: (line: string) => void): Promise<void> {
  if (existsSync(sidRoot)) return;
  const mirror = await debianMirror("Pis with Debian sid");
  const unfinished = `${sidRoot}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(path.dirname(sidRoot), { recursive: true });
  say("Making a root with Debian sid, once: debootstrap");
  const debootstrap = ["--variant=minbase", `--include=${packages.join(",")}`, "sid", unfinished, mirror];
  // In a mount namespace of its own: killed half way, it would leave a /proc in there to whoever clears it away.
  const made = await execa("unshare", ["--mount", "debootstrap", ...debootstrap], {
    all: true,
    reject: false,
  });
  if (made.failed) {
    const said = (made.all || String(made)).split("\n").slice(-5).join("\n  ");
    throw new SetupError(
      `debootstrap could not make a root with Debian sid:\n  ${said}\n` +
        `The whole log is below ${unfinished}/debootstrap, if it came that far. ` +
        "Where debootstrap itself is missing: npm run setup -- --for-tests",
    );
  }
  await execa("chroot", [unfinished, "apt-get", "clean"]);
  await rename(unfinished, sidRoot);
}
