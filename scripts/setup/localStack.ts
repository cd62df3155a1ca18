import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Document, parse } from "yaml";
import { z } from "zod";
import { directoryOf } from "../../config/schema";
import { localDockerHost } from "./engine";
import { projectDir } from "./paths";
import type { AsteriskSource } from "./source";

/** The configuration of the stack `local`. Git ignores it: it fits this machine, and Pulumi adds a salt to it. */
export const localStackFile = path.join(projectDir, "Pulumi.local.yaml");

const stackFile = z.object({ config: z.record(z.string(), z.unknown()) });

/** True when that file is there, and so is the source tree that it names, if it names one. */
export async function hasLocalStack(): Promise<boolean> {
  if (!existsSync(localStackFile)) return false;
  const file = stackFile.parse(parse(await readFile(localStackFile, "utf8")));
  const named = directoryOf({ asterisk: file.config["asterisk-rpi5:asterisk"] });
  return named === undefined || existsSync(path.resolve(projectDir, named.directory));
}

/** Writes the default configuration of the stack `local`: this machine's engine, and the source that it can reach. */
export async function writeLocalStack(source: AsteriskSource): Promise<void> {
  const asterisk =
    "url" in source
      ? { version: source.version, packager: "fpm", source: { url: source.url, sha256: source.sha256 } }
      : // Where Asterisk's host cannot be reached, the host of the FPM gem cannot either.
        { packager: "dpkg-deb", source: { directory: path.relative(projectDir, source.directory) } };
  const document = new Document({
    config: {
      "asterisk-rpi5:asterisk": asterisk,
      "asterisk-rpi5:pis": { pbx: { host: localDockerHost } },
    },
  });
  document.commentBefore =
    " The stack `local`: Asterisk on this machine. Yours to edit; README.md, Configuration, explains every key.";
  await writeFile(localStackFile, document.toString());
}
