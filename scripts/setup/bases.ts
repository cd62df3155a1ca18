import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import execa from "execa";
import { debianMirror, debianSources, installCommands } from "./debian";
import { sayLines } from "./lines";
import { projectDir, pulumiDir } from "./paths";
import { SetupError, type Step } from "./step";

const suite = "bookworm";
const images = { full: `debian:${suite}`, slim: `debian:${suite}-slim` };

/**
 * Made here when they could not be pulled, in the format of `docker save`: every engine that loads this file has
 * the same image ids.
 */
export const basesArchive = path.join(pulumiDir, "bases", `debian-${suite}.tar`);

/** The two Debian images that docker/Dockerfile starts from, in the engine at `host` (default: docker's own). */
export function baseImageSteps(docker: { host?: string } = {}): Step[] {
  const cli = (...args: string[]) => [...(docker.host ? ["--host", docker.host] : []), ...args];
  const names = Object.values(images);

  return [
    {
      title: `Fetch the Debian base images (${names.join(", ")})`,
      isDone: async () =>
        !(await execa("docker", cli("image", "inspect", ...names), { reject: false })).failed,
      run: async (say) => {
        if (existsSync(basesArchive)) {
          await execa("docker", cli("load", "--input", basesArchive));
          return "loaded from .pulumi/bases";
        }
        say("Pulling");
        const pulled = await pull(cli, names, say);
        if (pulled === undefined) return "pulled";

        say("No registry can be reached: building them from Debian's packages");
        await makeBases(cli, say).catch((error: unknown) => {
          if (error instanceof SetupError) throw new SetupError(`${pulled}\nInstead: ${error.message}`);
          throw error;
        });
        return "built from Debian's packages: no registry could be reached";
      },
    },
  ];
}

/** Returns what went wrong, if anything did. */
async function pull(
  cli: (...args: string[]) => string[],
  names: string[],
  say: (line: string) => void,
): Promise<string | undefined> {
  for (const name of names) {
    const { failed, stderr } = await sayLines(execa("docker", cli("pull", name), { reject: false }), say);
    if (failed) return `docker pull ${name} failed: ${stderr}`;
  }
  return undefined;
}

async function makeBases(cli: (...args: string[]) => string[], say: (line: string) => void): Promise<void> {
  const mirror = await debianMirror("The Debian base images, where they cannot be pulled,");
  await installCommands([["debootstrap", "debootstrap"]], say);
  if (process.getuid?.() !== 0) {
    throw new SetupError("debootstrap needs root. Run this as root, or docker load the two images by hand.");
  }

  const folder = path.dirname(basesArchive);
  await fs.mkdir(folder, { recursive: true });
  // Not in /tmp, which may be mounted noexec or nodev: debootstrap runs programs and makes devices in there.
  const root = await fs.mkdtemp(path.join(folder, "root-"));
  try {
    say(`debootstrap ${suite}`);
    await sayLines(execa("debootstrap", ["--variant=minbase", suite, root, mirror]), say);
    await fs.writeFile(path.join(root, "etc/apt/sources.list"), await sourcesList(mirror));
    for (const [script, image] of [
      ["base.sh", images.full],
      ["slim.sh", images.slim],
    ] as const) {
      say(`Making ${image}`);
      await execa("sh", [path.join(projectDir, "scripts/setup", script), root]);
      await importImage(cli, root, image);
    }
    await execa("docker", cli("save", "--output", `${basesArchive}.part`, ...Object.values(images)));
    await fs.rename(`${basesArchive}.part`, basesArchive);
  } finally {
    await fs.rm(root, { recursive: true, force: true });
  }
}

async function importImage(cli: (...args: string[]) => string[], root: string, image: string): Promise<void> {
  const archive = `${root}.tar`;
  try {
    await execa("tar", [
      "--create",
      "--numeric-owner",
      "--sort=name",
      "--file",
      archive,
      "--directory",
      root,
      ".",
    ]);
    await execa("docker", cli("import", "--change", 'CMD ["bash"]', archive, image));
  } finally {
    await fs.rm(archive, { force: true });
  }
}

/** Updates and security updates too, as far as this machine knows where they are. */
async function sourcesList(mirror: string): Promise<string> {
  const extras = (await debianSources()).filter((source) =>
    [`${suite}-updates`, `${suite}-security`].includes(source.suite),
  );
  return [{ uri: mirror, suite }, ...extras].map(({ uri, suite }) => `deb ${uri} ${suite} main\n`).join("");
}
