import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync } from "node:fs";
import path from "node:path";
import * as tar from "tar";
import { removeUnused } from "./unused";

/** What of a source tree does not go to the Docker host: it is not Asterisk, and changes without meaning. */
const leftOut = /^(\.git|out|[^/]*\.md)(\/|$)/;

/** Every file of the tree that goes into the tarball, as sorted paths from its top. */
export function filesOf(directory: string): string[] {
  const below = (folder: string): string[] =>
    readdirSync(path.join(directory, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      if (leftOut.test(name)) return [];
      return entry.isDirectory() ? below(name) : [name];
    });
  return below("").sort();
}

/** The time of all that is packed: a clone's own times say when it was cloned. The build takes the release's date. */
const anyTime = new Date(1000);

/** A tarball of an Asterisk source tree: the same bytes for the same content, whoever cloned it and when. */
export interface SourceTarball {
  file: string;
  sha256: string;
}

/**
 * Packs the source tree in `directory` into a folder of tarballs. A tree whose files have the names, sizes and times of
 * the last call is not read again.
 */
export function packSource(directory: string, cacheFolder: string): SourceTarball {
  const files = filesOf(directory);
  const fingerprint = createHash("sha256");
  for (const name of files) {
    const { size, mtimeMs, mode } = lstatSync(path.join(directory, name));
    fingerprint.update(`${name}\0${size}\0${mtimeMs}\0${mode}\n`);
  }
  const file = path.join(cacheFolder, `${fingerprint.digest("hex").slice(0, 16)}.tar.gz`);
  if (!existsSync(file)) {
    mkdirSync(cacheFolder, { recursive: true });
    const unfinished = `${file}.${process.pid}`;
    tar.create(
      {
        cwd: directory,
        file: unfinished,
        sync: true,
        gzip: true,
        portable: true,
        noDirRecurse: true,
        prefix: "asterisk",
        mtime: anyTime,
      },
      files,
    );
    renameSync(unfinished, file);
  }
  utimesSync(file, new Date(), new Date());
  removeUnused(cacheFolder);
  return { file, sha256: createHash("sha256").update(readFileSync(file)).digest("hex") };
}
