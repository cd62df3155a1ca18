import fs from "node:fs/promises";
import path from "node:path";
import execa from "execa";
import { answers } from "./answers";
import { debianMirror, installCommands } from "./debian";
import { pulumiDir } from "./paths";
import { SetupError } from "./step";

/** Asterisk's source, in the two shapes that a stack's `asterisk.source` can have. */
export type AsteriskSource =
  | { version: string; url: string; sha256: string }
  | { version: string; directory: string };

const release = {
  version: "22.11.0",
  url: "https://downloads.asterisk.org/pub/telephony/asterisk/releases/asterisk-22.11.0.tar.gz",
  sha256: "3bd5ee040509a3d3cd9b1ba9520c18e6ec0a7e7981ca68c457dcd36ba3c54d94",
};

const sourceDir = path.join(pulumiDir, "source");

/**
 * The release tarball; where Asterisk's download host does not answer, a tree made of Debian's source package.
 * Once that is made it stays in use, so that the network's mood does not change what a stack builds: delete
 * .pulumi/source to have the host asked again.
 */
export async function asteriskSource(say: (line: string) => void): Promise<AsteriskSource> {
  const made = await madeEarlier();
  if (made) return made;
  if (await answers(release.url)) return release;
  say("Asterisk's download host does not answer: taking the source from Debian's source package");
  return await fromDebian(say);
}

async function madeEarlier(): Promise<AsteriskSource | undefined> {
  const folders = await fs.readdir(sourceDir).catch(() => []);
  const folder = folders.filter((name) => /^asterisk-[0-9.]+$/.test(name)).at(-1);
  if (!folder) return undefined;
  const directory = path.join(sourceDir, folder);
  return { version: (await fs.readFile(path.join(directory, ".version"), "utf8")).trim(), directory };
}

/**
 * Debian's patches are left out: they move Asterisk's folders, add codecs and turn on its own tests, and the
 * stack is to build what Asterisk released. What Debian had to take out of the tree is put right instead.
 */
async function fromDebian(say: (line: string) => void): Promise<AsteriskSource> {
  await installCommands(
    [
      ["xz", "xz-utils"],
      ["bzip2", "bzip2"],
      ["patch", "patch"],
    ],
    say,
  );
  await fs.mkdir(sourceDir, { recursive: true });
  const work = await fs.mkdtemp(path.join(sourceDir, "making-"));
  try {
    const { main, pjproject } = await downloadSourcePackage(work, say);
    const tree = path.join(work, "tree");
    say("Unpacking Asterisk and pjproject");
    await unpack(main, tree);
    await removeIlbc(tree);
    await bundlePjproject(tree, pjproject, path.join(work, "pjproject"));

    const version = (await fs.readFile(path.join(tree, ".version"), "utf8")).trim();
    const directory = path.join(sourceDir, `asterisk-${version}`);
    await fs.rename(tree, directory);
    return { version, directory };
  } finally {
    await fs.rm(work, { recursive: true, force: true });
  }
}

/** Through an apt of its own, in `work`: what the machine's apt knows and does is not changed. */
async function downloadSourcePackage(work: string, say: (line: string) => void) {
  const mirror = await debianMirror("Asterisk's sources, where its download host does not answer,");
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const lists = path.join(work, "lists");
  const cache = path.join(work, "cache");
  await fs.mkdir(path.join(lists, "partial"), { recursive: true });
  await fs.mkdir(path.join(cache, "archives/partial"), { recursive: true });
  const sources = path.join(work, "sources.list");
  await fs.writeFile(sources, `deb-src [signed-by=${keyring}] ${mirror} sid main\n`);
  const options = {
    "Dir::Etc::SourceList": sources,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": lists,
    "Dir::Cache": cache,
    // apt's own user could not write into this folder.
    "APT::Sandbox::User": "root",
  };
  const args = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);

  say("Downloading Debian's source package of Asterisk");
  await execa("apt-get", [...args, "update"], { cwd: work });
  await execa("apt-get", [...args, "source", "--download-only", "asterisk"], { cwd: work });

  const files = await fs.readdir(work);
  const find = (part: string) => {
    const name = files.find((file) => file.includes(part));
    if (!name) {
      throw new SetupError(
        `Debian's source package of Asterisk has no file named *${part}*, only: ${files.join(", ")}.\n` +
          "Give the stack an Asterisk source yourself: asterisk.source.directory or asterisk.source.url.",
      );
    }
    return path.join(work, name);
  };
  return { main: find(".orig.tar."), pjproject: find(".orig-Xpjproject.tar.") };
}

async function unpack(archive: string, folder: string): Promise<void> {
  await fs.mkdir(folder);
  await execa("tar", ["--extract", "--file", archive, "--directory", folder, "--strip-components=1"]);
}

/** Debian's tree has the module, but not the (non-free) iLBC code it is made of. */
async function removeIlbc(tree: string): Promise<void> {
  await fs.rm(path.join(tree, "codecs/codec_ilbc.c"));
  await edit(path.join(tree, "codecs/Makefile"), /^\t\$\(SUB_ILBC\) \\\n/m);
}

/**
 * Debian's tree lacks the pjproject tarball that `--with-pjproject-bundled` wants, and has its content as a part
 * of its own: packs it again, into the folder `externals`, where docker/build/configure.sh looks first.
 */
async function bundlePjproject(tree: string, archive: string, work: string): Promise<void> {
  const versions = await fs.readFile(path.join(tree, "third-party/versions.mak"), "utf8");
  const version = /^PJPROJECT_VERSION=(.+)$/m.exec(versions)?.[1];
  if (!version) throw new SetupError(`${tree}/third-party/versions.mak names no PJPROJECT_VERSION`);

  await unpack(archive, work);
  // A Windows driver, which is non-free and so not in Debian's copy, though the Makefile still asks for it.
  await edit(path.join(work, "pjmedia/build/Makefile"), / bdimad_dev\.o/);

  const tarball = `pjproject-${version}.tar.bz2`;
  const externals = path.join(tree, "externals");
  await fs.mkdir(externals);
  await execa(
    "tar",
    [
      "--create",
      "--bzip2",
      `--file=${path.join(externals, tarball)}`,
      // The same bytes each time, so that the Docker layers made of it stay valid.
      ...["--sort=name", "--mtime=@1", "--owner=0", "--group=0", "--numeric-owner"],
      `--transform=s,^\\.,pjproject-${version},`,
      ".",
    ],
    { cwd: work },
  );
  const { stdout } = await execa("md5sum", [tarball], { cwd: externals });
  await fs.writeFile(path.join(tree, `third-party/pjproject/${tarball}.md5`), `${stdout}\n`);
}

/** Takes what matches out of the file. Nothing to take out means that the tree is not what this code knows. */
async function edit(file: string, pattern: RegExp): Promise<void> {
  const text = await fs.readFile(file, "utf8");
  if (!pattern.test(text)) {
    throw new SetupError(
      `${file} has nothing like ${pattern}: Debian's source package of Asterisk has changed`,
    );
  }
  await fs.writeFile(file, text.replace(pattern, ""));
}
