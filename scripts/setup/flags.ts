import { parseArgs } from "node:util";
import { SetupError } from "./step";

/**
 * The flags of the command line, each given or not.
 * @throws SetupError with the usage where there is anything else.
 */
export function flags<Name extends string>(usage: string, names: Name[]): Record<Name, boolean> {
  try {
    const { values } = parseArgs({
      options: Object.fromEntries(names.map((name) => [name, { type: "boolean" }])),
    });
    const given = names.map((name): [Name, boolean] => [name, values[name] === true]);
    return Object.fromEntries(given) as Record<Name, boolean>;
  } catch (error) {
    throw new SetupError(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}`);
  }
}
