import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { onlyVariable } from "../../host/only";
import { pulumiDir, pulumiHome } from "../setup/paths";
import { pulumiBinFolder } from "../setup/pulumi";
import { SetupError } from "../setup/step";

/**
 * The environment of this clone's Pulumi. Its home is the clone's own, so that nobody's login changes. Where state and
 * passphrase are is the user's to say, with Pulumi's own variables; by default both are in the clone's ignored folder.
 * https://www.pulumi.com/docs/iac/cli/environment-variables/
 */
export function pulumiEnvironment(given: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const environment: Record<string, string> = {
    ...Object.fromEntries(
      Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    PULUMI_HOME: pulumiHome,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // `npm run check` checks the types; a deployment need not wait for it.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    // A refresh goes to the Pis as the configuration has them now, such as one with a new host key.
    PULUMI_RUN_PROGRAM: "true",
    PATH: [pulumiBinFolder, given.PATH].join(path.delimiter),
  };
  // They would send what is meant for a Pi to the engine that its operator has chosen.
  for (const name of Object.keys(environment))
    if (name.startsWith("DOCKER_") && name !== "DOCKER_CONFIG") delete environment[name];
  // Without the targets that go with it, it would have the program change Pis that it did not ask.
  delete environment[onlyVariable];
  if (given.PULUMI_BACKEND_URL === undefined) {
    const state = path.join(pulumiDir, "state");
    mkdirSync(state, { recursive: true, mode: 0o700 });
    environment.PULUMI_BACKEND_URL = stateUrl(state);
  }
  if (given.PULUMI_CONFIG_PASSPHRASE === undefined && given.PULUMI_CONFIG_PASSPHRASE_FILE === undefined)
    environment.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile(given.PULUMI_BACKEND_URL === undefined);
  return environment;
}

/**
 * The URL of a state that is kept in a folder. Without `metadata=skip` there is a file with attributes beside each file of
 * it, which is not written in one go: a Pulumi that is killed there leaves a state that cannot be read any more ("failed
 * to load checkpoint: EOF"). https://pkg.go.dev/gocloud.dev/blob/fileblob#Options
 */
export const stateUrl = (folder: string): string => `file://${folder}?metadata=skip`;

/**
 * The file with this clone's passphrase, which is made up at first use and never shown.
 * @param ownState whether it is for the stacks whose state is in this clone
 */
function passphraseFile(ownState: boolean): string {
  const file = path.join(pulumiDir, "passphrase");
  // Another one would open none of the stacks that are there, and look as if it were theirs.
  if (ownState && !existsSync(file) && existsSync(path.join(pulumiDir, "state/.pulumi/stacks")))
    throw new SetupError(
      ".pulumi/passphrase is gone, which the stacks of this clone are encrypted with: put it back from your copy. Without one, " +
        "what is in .pulumi/state is lost: move that folder away, and let the next up take over what is on the Pis.",
    );
  if (!existsSync(file))
    writeFileSync(file, randomBytes(32).toString("base64url"), { mode: 0o600, flag: "wx" });
  return file;
}
