import { setTimeout as wait } from "node:timers/promises";
import type { ExecaChildProcess } from "execa";
import { pidOf, pulumiOf } from "../e2e/site";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";

export interface Fault {
  fault: string;
  /** Makes it, and ends it where a person or the mains would. */
  happens(run: ExecaChildProcess, pi: Pi): Promise<void>;
  /** What becomes of a container that runs. */
  container: "runs on" | "starts again" | "stays stopped";
  /** True when the run does not even notice. */
  passes?: boolean;
}

export const faults: Fault[] = [
  {
    fault: "the cable was cut for 5 s",
    happens: (_run, pi) => cut(pi, 5),
    container: "runs on",
    passes: true,
  },
  {
    // Pulumi notices after a minute; meanwhile, and after it, the Pi goes on alone.
    fault: "the cable was cut for 5 min",
    happens: (_run, pi) => cut(pi, 5 * 60),
    container: "runs on",
  },
  {
    fault: "the Pi's power was cut",
    happens: async (run, pi) => {
      await pi.powerOff();
      // Within the minute that ssh takes to give up. A Pi of the lab boots so fast that some runs would not notice.
      await run;
      await pi.powerOn();
    },
    container: "starts again",
  },
  {
    fault: "dockerd was killed",
    happens: async (_run, pi) => {
      await pi.exec("sh", "-c", "kill -KILL $(cat /run/docker.pid)");
      await waitFor("another dockerd", 60, async () => (await pi.docker("version")) !== "");
    },
    // Docker 20.10 ends what a dockerd that was killed has left running, and then takes it for stopped by hand.
    container: "stays stopped",
  },
  {
    fault: "pulumi was killed",
    happens: async (run) => void process.kill(pulumiOf(run), "SIGKILL"),
    container: "runs on",
  },
  {
    fault: "the terminal was closed",
    happens: async (run) => void process.kill(-pidOf(run), "SIGHUP"),
    container: "runs on",
  },
  {
    fault: "Ctrl-C was pressed",
    happens: async (run) => void process.kill(-pidOf(run), "SIGINT"),
    container: "runs on",
  },
];

async function cut(pi: Pi, seconds: number): Promise<void> {
  await pi.cut();
  await wait(seconds * 1000);
  await pi.restore();
}
