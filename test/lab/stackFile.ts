import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Document, isMap, parseDocument } from "yaml";
import { projectDir } from "../../scripts/setup/paths";
import { SetupError } from "../../scripts/setup/step";
import type { Lab } from "./lab";

const file = path.join(projectDir, "Pulumi.lab.yaml");
const localFile = path.join(projectDir, "Pulumi.local.yaml");
const asterisk = ["config", "asterisk-rpi5:asterisk"];

/** What a stack's `asterisk-rpi5:pis` says of a lab's Pis. */
export function pisConfig(lab: Lab): Record<string, { host: string; hostKey: string; identityFile: string }> {
  const entries = lab.pis.map((pi) => [
    pi.name,
    { host: pi.host, hostKey: pi.hostKey, identityFile: path.relative(projectDir, pi.identityFile) },
  ]);
  return Object.fromEntries(entries);
}

/**
 * Writes the Pis into Pulumi.lab.yaml, and what they shall run from Pulumi.local.yaml unless it is there already.
 * What else is in the file stays: Pulumi keeps the salt of the stack's secrets there.
 * Returns false when the file says nothing about Asterisk yet.
 */
export function writeStackFile(lab: Lab): boolean {
  const stack = read(file);
  stack.setIn(["config", "asterisk-rpi5:pis"], stack.createNode(pisConfig(lab)));
  if (!stack.hasIn(asterisk)) {
    const local = read(localFile).getIn(asterisk);
    if (local !== undefined) {
      stack.setIn(asterisk, local);
    }
  }
  // A host key is one line, for a person to compare.
  writeFileSync(file, stack.toString({ lineWidth: 0 }));
  return stack.hasIn(asterisk);
}

function read(name: string): Document {
  const document = parseDocument(existsSync(name) ? readFileSync(name, "utf8") : "");
  const fault = document.errors[0];
  if (fault || (document.contents !== null && !isMap(document.contents))) {
    throw new SetupError(
      `${name} is no YAML mapping${fault ? `: ${fault.message}` : ""}. Mend it, or take it away: it is written anew.`,
    );
  }
  return document;
}
