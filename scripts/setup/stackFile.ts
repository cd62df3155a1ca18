import { existsSync, readFileSync } from "node:fs";
import { type Document, parseDocument } from "yaml";
import { z } from "zod";
import { faultsMessage, parseSite, type Site } from "../../config/schema";
import { SetupError } from "./step";

const prefix = "asterisk-rpi5:";
const stackFile = z.object({ config: z.record(z.string(), z.unknown()) });

const fileOf = (stack: string): string => `Pulumi.${stack}.yaml`;

function readYaml(file: string): Document {
  const text = readFileSync(file, "utf8");
  const document = parseDocument(text, { merge: true });
  const [error] = document.errors;
  if (!error) return document;
  const hint = /^encryptionsalt:/m.test(text)
    ? "\nThe line encryptionsalt is Pulumi's own, and ends the list of Pis: what is yours comes above it."
    : "";
  throw new SetupError(`${file} is no YAML. ${error.message}${hint}`);
}

/**
 * Tells what is wrong with a stack's file that is there and no YAML. Pulumi names neither the file nor, where there are
 * comments, the right line.
 */
export function assertYaml(stack: string): void {
  if (existsSync(fileOf(stack))) readYaml(fileOf(stack));
}

/**
 * The site that a stack's file describes, for the scripts beside the program.
 * @throws SetupError with every fault of it.
 */
export function readSite(stack: string): Site {
  const file = fileOf(stack);
  if (!existsSync(file))
    throw new SetupError(`There is no ${file} here: is "${stack}" the name of the stack?`);
  const document = stackFile.safeParse(readYaml(file).toJS());
  if (!document.success)
    throw new SetupError(`${file} has no config: Pulumi.rpi5.yaml is an example of one.`);
  const keys = Object.entries(document.data.config).filter(([key]) => key.startsWith(prefix));
  const parsed = parseSite(Object.fromEntries(keys.map(([key, value]) => [key.slice(prefix.length), value])));
  if ("faults" in parsed) throw new SetupError(faultsMessage(stack, parsed.faults));
  return parsed.site;
}
