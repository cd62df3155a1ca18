import { runPulumi } from "./pulumi/cli";
import { runScript } from "./script";
import { localSteps } from "./setup";
import { runSteps } from "./setup/run";

/** From a fresh clone to a running Asterisk on this machine; changes nothing when it is there. */
async function main(): Promise<void> {
  await runSteps(localSteps);
  await runPulumi(["stack", "select", "--create", "--stack", "local"]);
  if (process.exitCode) return;
  await runPulumi(["up", "--stack", "local", "--yes", "--refresh", "--suppress-outputs"]);
  if (process.exitCode) return;
  console.log(`
Asterisk runs in the container "asterisk". What you may want to do next:
  docker exec -it asterisk asterisk -rvvv      its console (leave with: exit)
  docker logs -f asterisk                      what it logs
  npx pulumi stack output -s local             image, version, commands
  npx pulumi preview --diff -s local           what your edits would change
  npx pulumi destroy -s local                  stop and remove it; the volumes with its data stay`);
}

runScript(main);
