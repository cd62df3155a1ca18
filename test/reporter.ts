import { type MochaOptions, type Runner, reporters } from "mocha";

/** Mocha's spec reporter, closed by one line that counts: `N passed, N failed, N skipped`. */
export = class CountingReporter extends reporters.Spec {
  constructor(runner: Runner, options: MochaOptions) {
    super(runner, options);
    const { stats } = this;
    runner.once("end", () => {
      console.log(`${stats.passes} passed, ${stats.failures} failed, ${stats.pending} skipped`);
    });
  }
};
