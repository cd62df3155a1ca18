import { SetupError } from "./setup/step";

/**
 * Runs a script with the words of its command line. What a user can mend is told without a stack trace, and ends it with
 * exit code 1; anything else is our own fault, and thrown.
 */
export function runScript(main: (words: string[]) => Promise<void>): void {
  main(process.argv.slice(2)).catch((error: unknown) => {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  });
}
