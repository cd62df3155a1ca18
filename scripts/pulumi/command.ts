import path from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { pulumiHome } from "../setup/paths";
import { pulumiBinFolder } from "../setup/pulumi";

/** This clone's CLI for Pulumi's Automation API, which asks for its version in the environment of this process. */
export function pulumiCommand(): Promise<PulumiCommand> {
  process.env.PULUMI_HOME = pulumiHome;
  return PulumiCommand.get({ root: path.dirname(pulumiBinFolder) });
}
