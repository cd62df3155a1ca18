import { existsSync, openSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import execa from "execa";
import { installCommands } from "./debian";
import { SetupError, type Step } from "./step";

/** This machine's Docker Engine, whatever Docker context its user has chosen. */
export const localDockerHost = process.env.DOCKER_HOST?.startsWith("unix://")
  ? process.env.DOCKER_HOST
  : "unix:///var/run/docker.sock";

/** Where the engine's own log goes when there is no systemd to keep it. */
const engineLog = "/var/log/docker.log";

/** Milliseconds that an engine may take to answer after its start. */
const startTimeout = 60_000;

/** What is wrong with the engine at `host`, in Docker's words; undefined when it answers. */
async function engineFault(host: string): Promise<string | undefined> {
  const asked = await execa("docker", ["--host", host, "version", "--format", "{{.Server.Version}}"], {
    reject: false,
  });
  return asked.failed ? asked.stderr || String(asked) : undefined;
}

/** A Docker Engine on this machine answers: installed and started where we may. */
export const engineStep: Step = {
  title: "Start the Docker Engine",
  isDone: async () => (await engineFault(localDockerHost)) === undefined,
  run: async (say) => {
    const fault = await engineFault(localDockerHost);
    if (fault && /permission denied/i.test(fault))
      throw new SetupError(
        `You may not use the Docker Engine at ${localDockerHost}. Type: sudo usermod -aG docker "$USER", and log in again.`,
      );
    const onDebian = existsSync("/etc/debian_version");
    if (process.getuid?.() !== 0 || !onDebian || localDockerHost !== "unix:///var/run/docker.sock")
      throw new SetupError(
        `No Docker Engine answers at ${localDockerHost}. Type: ` +
          (onDebian
            ? "sudo apt-get install docker.io && sudo systemctl start docker"
            : "what https://docs.docker.com/engine/install/ says for this system"),
      );
    await installCommands([["dockerd", "docker.io"]], say);
    if (await engineFault(localDockerHost)) await startEngine(say);
    return "started";
  },
};

async function startEngine(say: (line: string) => void): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    say("systemctl enable --now docker");
    await execa("systemctl", ["enable", "--now", "docker"]);
  } else {
    say("dockerd, by hand: there is no systemd here");
    const log = openSync(engineLog, "a");
    execa("dockerd", [], { detached: true, stdio: ["ignore", log, log], cleanup: false }).unref();
  }
  const deadline = Date.now() + startTimeout;
  while (await engineFault(localDockerHost)) {
    if (Date.now() > deadline)
      throw new SetupError(
        `The Docker Engine does not answer ${startTimeout / 1000} s after its start: see ${engineLog}`,
      );
    await wait(500);
  }
}
