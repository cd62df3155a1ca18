import { existsSync } from "node:fs";
import execa from "execa";
import { pulumiCli } from "../setup/pulumi";
import { SetupError } from "../setup/step";
import { pulumiEnvironment } from "./environment";

/** @throws SetupError where set-up was not run in this clone. */
export function requirePulumi(): void {
  if (!existsSync(pulumiCli))
    throw new SetupError("The Pulumi CLI is not set up in this clone. Type: npm run setup");
}

/** Runs the Pulumi CLI for what it prints. */
export function askPulumi(args: string[], options: execa.Options = {}): execa.ExecaChildProcess {
  requirePulumi();
  return execa(pulumiCli, args, { env: pulumiEnvironment(), extendEnv: false, ...options });
}
