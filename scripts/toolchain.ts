import { parseArgs } from "node:util";
import { removeToolchain, toolchainSteps } from "./setup/pulumi";
import { runSteps } from "./setup/run";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { remove: { type: "boolean", default: false }, build: { type: "boolean", default: false } },
  });
  if (values.remove) {
    const removed = await removeToolchain();
    console.log(removed.length > 0 ? `Removed: ${removed.join(", ")}.` : "There is nothing to remove.");
    return;
  }
  await runSteps([toolchainSteps({ build: values.build })]);
}

void main();
