import { Listr } from "listr2";
import { SetupError, type Step } from "./step";

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
            skip: async () => ((await step.isDone()) ? `${step.title}: is there` : false),
            task: async (_: unknown, task: { title: string; output: string }) => {
              const how = await step.run((progress) => {
                task.output = progress;
              });
              task.title = `${step.title}: ${how}`;
            },
          })),
          { concurrent: false },
        ),
    })),
    { concurrent: true, rendererOptions: { collapseSkips: false } },
  );
  try {
    await tasks.run();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}
