import { Listr } from "listr2";
import { z } from "zod";
import { SetupError, type Step } from "./step";

/** What execa throws when a program fails, or is not there. */
const programFailure = z.object({
  command: z.string(),
  shortMessage: z.string(),
  stderr: z.string().optional(),
});

/** Runs a step; a program that failed in it is told with its last words, in place of a stack trace. */
async function run(step: Step, say: (line: string) => void): Promise<string> {
  try {
    return await step.run(say);
  } catch (error) {
    const failed = programFailure.safeParse(error);
    if (error instanceof SetupError || !failed.success) throw error;
    const words = (failed.data.stderr || failed.data.shortMessage).trim().split("\n").slice(-5).join("\n");
    throw new SetupError(`"${step.title}" failed, at: ${failed.data.command}\n${words}`);
  }
}

/**
 * Runs lines of steps, the lines side by side and the steps of each in order. What a user can mend is told without a
 * stack trace, and ends the process; anything else is our own fault, and thrown.
 */
export async function runSteps(lines: Step[][]): Promise<void> {
  const tasks = new Listr(
    lines.map((steps) => ({
      task: (_context: unknown, line) =>
        line.newListr(
          steps.map((step) => ({
            title: step.title,
            task: async (_: unknown, task: { title: string; output: string }) => {
              const say = (progress: string) => {
                task.output = progress;
              };
              task.title = `${step.title}: ${(await step.isDone()) ? "is there" : await run(step, say)}`;
            },
          })),
          { concurrent: false },
        ),
    })),
    { concurrent: true },
  );
  try {
    await tasks.run();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}
