import execa from "execa";
import { pulumiCli } from "../setup/pulumi";
import { assertYaml } from "../setup/stackFile";
import { requirePulumi } from "./ask";
import { parseCommandLine } from "./commandLine";
import { pulumiEnvironment } from "./environment";
import { forgetPendingOperations } from "./pending";

/** Runs the Pulumi CLI as this process: its terminal, its exit code. */
export async function runPulumi(args: string[], environment: Record<string, string> = {}): Promise<void> {
  requirePulumi();
  const { command = "", words, stack } = parseCommandLine(args);
  if (stack !== undefined) assertYaml(stack);
  // With the stack's state, `stack rm` would remove its file, which a person wrote.
  const keeps = command === "stack" && words[0] === "rm" ? ["--preserve-config"] : [];
  const child = execa(pulumiCli, [...args, ...keeps], {
    stdio: "inherit",
    env: {
      ...pulumiEnvironment(),
      // What is taken away need not meet the rules any more.
      ...(["destroy", "down", "dn"].includes(command) && { PULUMI_RUN_PROGRAM: "false" }),
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
  if (command === "cancel" && exitCode === 0) await forgetPendingOperations(stack);
}
