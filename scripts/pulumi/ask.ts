import execa from "execa";
import { pulumiCli } from "../setup/pulumi";
import { pulumiEnvironment } from "./environment";

/** Runs the Pulumi CLI for what it prints. */
export function askPulumi(args: string[], options: execa.Options = {}): execa.ExecaChildProcess {
  return execa(pulumiCli, args, { env: pulumiEnvironment(), extendEnv: false, ...options });
}
