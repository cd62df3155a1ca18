import execa from "execa";
import { pulumiCli } from "../setup/pulumi";
import { assertYaml } from "../setup/stackFile";
import { requirePulumi } from "./ask";
import { pulumiEnvironment } from "./environment";
import { forgetPendingOperations, stackOf } from "./pending";

/** Runs the Pulumi CLI as this process: its terminal, its exit code. */
export async function runPulumi(args: string[], environment: Record<string, string> = {}): Promise<void> {
  requirePulumi();
  const stack = stackOf(args.slice(1));
  if (stack !== undefined) assertYaml(stack);
  // With the stack's state, `stack rm` would remove its file, which a person wrote.
  const keeps = args[0] === "stack" && args.includes("rm") ? ["--preserve-config"] : [];
  const child = execa(pulumiCli, [...args, ...keeps], {
    stdio: "inherit",
    env: {
      ...pulumiEnvironment(),
      // What is taken away need not meet the rules any more.
      ...(args.some((word) => ["destroy", "down", "dn"].includes(word)) && { PULUMI_RUN_PROGRAM: "false" }),
      ...environment,
    },
    extendEnv: false,
    reject: false,
  });
  // A terminal sends Ctrl-C to the whole group: Pulumi ends in its own time, and we wait for it.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => signal === "SIGTERM" && child.kill(signal));
  const { exitCode } = await child;
  process.exitCode = exitCode ?? 1;
  if (args[0] === "cancel" && exitCode === 0) await forgetPendingOperations(args.slice(1));
}
