import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { SourceTarball } from "./source";
import { removeUnused } from "./unused";

/** The line of the Dockerfile where the builder ends: what is above it makes the builder image, and no more. */
const builderEnd = /^FROM \$\{BUILDER\} AS package$/m;

/** Cuts the Dockerfile in two, each with the global arguments, so that an edit of one image leaves the other alone. */
export function splitDockerfile(dockerfile: string): { builder: string; runtime: string } {
  const end = dockerfile.search(builderEnd);
  const firstStage = dockerfile.search(/^FROM /m);
  if (end < 0) throw new Error(`docker/Dockerfile: expected the line ${builderEnd.source}`);
  return {
    builder: dockerfile.slice(0, end),
    runtime: dockerfile.slice(0, firstStage) + dockerfile.slice(end),
  };
}

/** A folder with all that one image is built from, named by its content. */
export interface BuildContext {
  path: string;
  /** SHA-256 of names, modes and content. */
  digest: string;
}

interface Entry {
  name: string;
  file: string;
}

const entriesOf = (folder: string, name: string): Entry[] =>
  readdirSync(path.join(folder, name), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? entriesOf(folder, path.join(name, entry.name))
      : [{ name: path.join(name, entry.name), file: path.join(folder, name, entry.name) }],
  );

const isExecutable = (file: string): boolean => (statSync(file).mode & 0o100) !== 0;

/** Lays out a build context below `target`, unless one with the same content is there. */
function layOut(target: string, kind: string, dockerfile: string, entries: Entry[]): BuildContext {
  const hash = createHash("sha256").update(dockerfile);
  for (const { name, file } of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`\0${name}\0${isExecutable(file)}\0`).update(readFileSync(file));
  }
  const digest = hash.digest("hex");
  const folder = path.join(target, `${kind}-${digest.slice(0, 12)}`);
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}`;
    for (const { name, file } of entries) {
      const copy = path.join(unfinished, name);
      mkdirSync(path.dirname(copy), { recursive: true });
      copyFileSync(file, copy);
      // Whatever the operator's umask: the asterisk user runs some of them in the build.
      chmodSync(copy, isExecutable(file) ? 0o755 : 0o644);
    }
    writeFileSync(path.join(unfinished, "Dockerfile"), dockerfile);
    try {
      renameSync(unfinished, folder);
    } catch (error) {
      // Another stack's run of the same project was first, with the same content.
      if (!existsSync(folder)) throw error;
      rmSync(unfinished, { recursive: true });
    }
  }
  utimesSync(folder, new Date(), new Date());
  removeUnused(target);
  return { path: folder, digest };
}

/** The build contexts of both images, below `target`. `source` is there when it does not come from a URL. */
export function buildContexts(
  target: string,
  source?: SourceTarball,
): { builder: BuildContext; runtime: BuildContext } {
  mkdirSync(target, { recursive: true });
  const dockerfile = splitDockerfile(readFileSync(path.join(__dirname, "Dockerfile"), "utf8"));
  const tarball = source ? [{ name: "source/asterisk.tar.gz", file: source.file }] : [];
  return {
    builder: layOut(target, "builder", dockerfile.builder, [
      ...entriesOf(__dirname, "build"),
      ...entriesOf(__dirname, "etc"),
      ...tarball,
    ]),
    runtime: layOut(target, "runtime", dockerfile.runtime, entriesOf(__dirname, "runtime")),
  };
}
