import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  type AsteriskConfig,
  directoryOf,
  type Fault,
  faultsMessage,
  parseSite,
  releasePattern,
  type Site,
} from "./schema";
import { userError } from "./userError";

/** A site whose Asterisk release is known, whichever form its source has. */
export interface LoadedSite extends Site {
  asterisk: AsteriskConfig & { version: string };
}

/**
 * The release of a source tree, as its `.version` says, or what is wrong with the tree or with the version that the
 * configuration expects there.
 */
export function versionOfTree(directory: string, configured: string | undefined): string | Fault {
  const fault = (message: string): Fault => ({ path: "asterisk.source.directory", message });
  const versionFile = path.join(directory, ".version");
  if (!existsSync(directory)) return fault(`there is no directory ${directory}`);
  if (!existsSync(versionFile) || !existsSync(path.join(directory, "configure")))
    return fault(`${directory} is no Asterisk source tree: expected the files .version and configure in it`);
  const made = ["makeopts", "config.status", "include/asterisk/autoconfig.h"].filter((file) =>
    existsSync(path.join(directory, file)),
  );
  // They would take the place of those that the build makes, for another machine.
  if (made.length > 0)
    return fault(
      `${directory} was configured there (${made.join(", ")}): type make distclean in it, or give a clean tree`,
    );
  const found = readFileSync(versionFile, "utf8").trim();
  if (!releasePattern.test(found))
    return fault(`${directory}/.version is no release such as 22.11.0: ${JSON.stringify(found)}`);
  if (configured !== undefined && configured !== found)
    return {
      path: "asterisk.version",
      message: `is ${configured}, and the source in ${directory} is ${found}: leave the version out, or give the other source`,
    };
  return found;
}

/**
 * The site that the current stack's configuration describes.
 * @throws a userError with every fault of it, so that the user sees no stack trace.
 */
export function loadSite(): LoadedSite {
  const prefix = `${pulumi.getProject()}:`;
  const input: Record<string, unknown> = {};
  const config = new pulumi.Config();
  for (const key of Object.keys(pulumi.runtime.allConfig())) {
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    input[name] = parsedIfJson(config.require(name));
  }

  if (Object.keys(input).length === 0)
    throw userError(
      `There is no Pulumi.${pulumi.getStack()}.yaml, or it has nothing of ${prefix} under config: Pulumi.rpi5.yaml is an example of one.`,
    );
  const parsed = parseSite(input);
  const tree = directoryOf(input);
  const treeVersion = tree && versionOfTree(tree.directory, tree.version);
  const faults = [
    ...("faults" in parsed ? parsed.faults : []),
    ...(treeVersion === undefined || typeof treeVersion === "string" ? [] : [treeVersion]),
  ];
  if (faults.length > 0 || "faults" in parsed) throw userError(faultsMessage(pulumi.getStack(), faults));
  const { asterisk, pis } = parsed.site;
  // The schema requires a version where there is no tree to say it.
  const version = asterisk.version ?? String(treeVersion);
  return { asterisk: { ...asterisk, version }, pis };
}

/** Pulumi hands structured values over as JSON, and plain ones as they are. */
function parsedIfJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
