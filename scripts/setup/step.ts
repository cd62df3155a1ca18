/** One step of set-up: something that this machine, its Docker Engine or this clone must have. */
export interface Step {
  /** What a person reads while the step runs, in the imperative: "Install the Pulumi CLI". */
  title: string;
  /** True when there is nothing to do. Must be quick and change nothing: it is asked at every run. */
  isDone(): Promise<boolean>;
  /**
   * Does the step. `say` shows one line of progress, and may be called often.
   * Returns in a few words how it was done: "downloaded", "built from the Go module proxy".
   * A failure that a person can do something about is thrown as a SetupError.
   */
  run(say: (line: string) => void): Promise<string>;
}

/** A fault that the user can mend: its message is shown without a stack trace. */
export class SetupError extends Error {}
