import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Document } from "yaml";
import { localDockerHost } from "./engine";
import { projectDir } from "./paths";
import type { AsteriskSource } from "./source";

/** The configuration of the stack `local`. Git ignores it: it fits this machine, and Pulumi adds a salt to it. */
export const localStackFile = path.join(projectDir, "Pulumi.local.yaml");

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
    " The stack `local`: Asterisk on this machine. Yours to edit; Pulumi.rpi5.yaml explains every key.";
  await writeFile(localStackFile, document.toString());
}
