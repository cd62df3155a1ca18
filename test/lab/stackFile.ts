import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Document, isMap, parseDocument } from "yaml";
import { projectDir } from "../../scripts/setup/paths";
import { SetupError } from "../../scripts/setup/step";
import type { Lab } from "./lab";

/** Each Pi by its name, as in `asterisk-rpi5:pis`. */
export type PisConfig = Record<string, { host: string; hostKey: string; identityFile: string }>;

/** What a stack's configuration says of a lab's Pis. */
export function pisConfig(lab: Lab): PisConfig {
  const entries = lab.pis.map((pi) => [
    pi.name,
    { host: pi.host, hostKey: pi.hostKey, identityFile: path.relative(projectDir, pi.identityFile) },
  ]);
  return Object.fromEntries(entries);
}

/** Writes the lab's Pis into Pulumi.lab.yaml. Returns false when that does not say yet what they shall run. */
export function writeStackFile(lab: Lab): boolean {
  const file = path.join(projectDir, "Pulumi.lab.yaml");
  const stack = mergeStack(parse(file), parse(path.join(projectDir, "Pulumi.local.yaml")), pisConfig(lab));
  // A host key is one line, for a person to compare.
  writeFileSync(file, stack.toString({ lineWidth: 0 }));
  return stack.hasIn(asterisk);
}

const asterisk = ["config", "asterisk-rpi5:asterisk"];

/**
 * The stack's file with other Pis, and with the Asterisk of the stack `local` unless it has its own. What else is in it
 * stays: Pulumi keeps the salt of the stack's secrets there.
 */
export function mergeStack(stack: Document, local: Document, pis: PisConfig): Document {
  const merged = stack.clone();
  const version = local.getIn(asterisk);
  if (!merged.hasIn(asterisk) && version !== undefined) {
    merged.setIn(asterisk, version);
  }
  merged.setIn(["config", "asterisk-rpi5:pis"], merged.createNode(pis));
  return merged;
}

function parse(file: string): Document {
  const document = parseDocument(existsSync(file) ? readFileSync(file, "utf8") : "");
  const fault = document.errors[0];
  if (fault || (document.contents !== null && !isMap(document.contents))) {
    throw new SetupError(
      `${file} is no YAML mapping${fault ? `: ${fault.message}` : ""}. Mend it, or take it away: it is written anew.`,
    );
  }
  return document;
}
