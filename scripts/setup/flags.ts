import { parseArgs } from "node:util";

/** The flags of the command line, each given or not. Anything else on it ends the process with the usage. */
export function flags<Name extends string>(usage: string, names: Name[]): Record<Name, boolean> {
  try {
    const { values } = parseArgs({
      options: Object.fromEntries(names.map((name) => [name, { type: "boolean" }])),
    });
    const given = names.map((name): [Name, boolean] => [name, values[name] === true]);
    return Object.fromEntries(given) as Record<Name, boolean>;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nUsage: ${usage}`);
    process.exit(1);
  }
}
