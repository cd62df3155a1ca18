import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { z } from "zod";
import { faultsMessage, parseSite, type Site } from "../../config/schema";
import { SetupError } from "./step";

const prefix = "asterisk-rpi5:";
const stackFile = z.object({ config: z.record(z.string(), z.unknown()) });

/**
 * The site that a stack's file describes, for the scripts beside the program.
 * @throws SetupError with every fault of it.
 */
export function readSite(stack: string): Site {
  const file = `Pulumi.${stack}.yaml`;
  if (!existsSync(file))
    throw new SetupError(`There is no ${file} here: is "${stack}" the name of the stack?`);
  const parsedFile = parseDocument(readFileSync(file, "utf8"));
  const [error] = parsedFile.errors;
  if (error) throw new SetupError(`${file} is no YAML: ${error.message}`);
  const document = stackFile.safeParse(parsedFile.toJS());
  if (!document.success)
    throw new SetupError(`${file} has no config: Pulumi.rpi5.yaml is an example of one.`);
  const keys = Object.entries(document.data.config).filter(([key]) => key.startsWith(prefix));
  const parsed = parseSite(Object.fromEntries(keys.map(([key, value]) => [key.slice(prefix.length), value])));
  if ("faults" in parsed) throw new SetupError(faultsMessage(stack, parsed.faults));
  return parsed.site;
}
