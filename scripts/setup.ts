import { existsSync } from "node:fs";
import { programs as labPrograms } from "../test/lab/requirements";
import { runScript } from "./script";
import { baseImageSteps } from "./setup/bases";
import { installCommands } from "./setup/debian";
import { engineStep, localDockerHost } from "./setup/engine";
import { flags } from "./setup/flags";
import { hasLocalStack, localStackFile, writeLocalStack } from "./setup/localStack";
import { pulumiSteps } from "./setup/pulumi";
import { runSteps } from "./setup/run";
import { asteriskSource } from "./setup/source";
import type { Step } from "./setup/step";

/** What the end-to-end tests use beside the product itself: a SIP caller, what made the containers of before, and the
 * lab's machines. */
const testTools: Step = {
  title: "Install what the tests use (SIPp, docker-compose, debootstrap, and the lab's programs)",
  isDone: async () => false,
  run: async (say) => {
    const own: [string, string][] = [
      ["sipp", "sip-tester"],
      ["docker-compose", "docker-compose"],
      ["debootstrap", "debootstrap"],
    ];
    await installCommands([...own, ...Object.entries(labPrograms)], say);
    return "there";
  },
};

const sourceStep: Step = {
  title: "Find Asterisk's source",
  isDone: hasLocalStack,
  run: async (say) => {
    const source = await asteriskSource(say);
    if (!existsSync(localStackFile)) await writeLocalStack(source);
    return "url" in source ? `release ${source.version}` : `${source.version}, from Debian's source package`;
  },
};

const dockerSteps: Step[] = [engineStep, ...baseImageSteps({ host: localDockerHost }), sourceStep];

/** All that the stack `local` needs on this machine, in two lines of steps that do not wait for each other. */
export const localSteps: Step[][] = [pulumiSteps, dockerSteps];

async function main(): Promise<void> {
  const { "for-tests": forTests } = flags("npm run setup -- [--for-tests]", ["for-tests"]);
  // Who only deploys to Pis needs no engine and no source on this machine.
  await runSteps(forTests ? [pulumiSteps, [...dockerSteps, testTools]] : [pulumiSteps]);
}

if (require.main === module) runScript(main);
