import { parseArgs } from "node:util";
import { baseImageSteps } from "./setup/bases";
import { exists, installCommands } from "./setup/debian";
import { engineStep, localDockerHost } from "./setup/engine";
import { localStackFile, writeLocalStack } from "./setup/localStack";
import { pulumiSteps } from "./setup/pulumi";
import { runSteps } from "./setup/run";
import { asteriskSource } from "./setup/source";
import type { Step } from "./setup/step";

/** What the end-to-end tests use beside the product itself: a SIP caller, and the lab's machines. */
const testTools: Step = {
  title: "Install what the tests use (SIPp, sshd, iptables)",
  isDone: async () => false,
  run: async (say) => {
    await installCommands(
      [
        ["sipp", "sip-tester"],
        ["/usr/sbin/sshd", "openssh-server"],
        ["iptables", "iptables"],
        ["ip", "iproute2"],
        ["ssh-keygen", "openssh-client"],
      ],
      say,
    );
    return "installed";
  },
};

const sourceStep: Step = {
  title: "Find Asterisk's source",
  isDone: async () => exists(localStackFile),
  run: async (say) => {
    const source = await asteriskSource(say);
    await writeLocalStack(source);
    return "url" in source ? `release ${source.version}` : `${source.version}, from Debian's source package`;
  },
};

/** All that `pulumi up` needs on this machine, in two lines of steps that do not wait for each other. */
export const localSteps: Step[][] = [
  pulumiSteps,
  [engineStep, ...baseImageSteps({ host: localDockerHost }), sourceStep],
];

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { "for-tests": { type: "boolean", default: false } } });
  const [pulumi = [], docker = []] = localSteps;
  await runSteps([pulumi, values["for-tests"] ? [...docker, testTools] : docker]);
}

if (require.main === module) void main();
