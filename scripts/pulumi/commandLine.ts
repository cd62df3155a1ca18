import { parseArgs } from "node:util";

/** What a command line of Pulumi's says. */
export interface CommandLine {
  /** The command: up, preview, stack, ... */
  command?: string;
  /** What follows it and is no flag, such as `rm` after `stack`. */
  words: string[];
  /** The stack, where one is named. */
  stack?: string;
}

const text = (short?: string) => ({ type: "string", ...(short && { short }) }) as const;

/** Those of Pulumi's flags that may stand before the command with a word that is none: `pulumi --help`, "Global Flags". */
const options = { stack: text("s"), cwd: text("C"), color: text(), verbose: text("v") };

export function parseCommandLine(args: string[]): CommandLine {
  const { values, positionals } = parseArgs({ args, options, strict: false });
  const [command, ...words] = positionals;
  // Of some commands, such as cancel, it is the one word; of others, there is no stack of that name.
  const stack = typeof values.stack === "string" ? values.stack : words[0];
  return { command, words, stack };
}
