import { runScript } from "./script";
import { flags } from "./setup/flags";
import { removeToolchain, toolchainSteps } from "./setup/pulumi";
import { runSteps } from "./setup/run";

async function main(): Promise<void> {
  const values = flags("npm run toolchain -- [--remove | --build]", ["remove", "build"]);
  if (values.remove) {
    const removed = await removeToolchain();
    console.log(removed.length > 0 ? `Removed: ${removed.join(", ")}.` : "There is nothing to remove.");
    return;
  }
  await runSteps([toolchainSteps({ build: values.build })]);
}

runScript(main);
