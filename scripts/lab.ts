import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { Lab } from "../test/lab/lab";
import type { Pi } from "../test/lab/pi";
import { engines } from "../test/lab/sid";
import { writeStackFile } from "../test/lab/stackFile";
import { askPulumi } from "./pulumi/ask";
import { runScript } from "./script";
import { projectDir } from "./setup/paths";
import { pulumiCli } from "./setup/pulumi";
import { SetupError } from "./setup/step";

const usage = `Usage: npm run lab -- COMMAND

  up N             start N Raspberry Pis on this machine and write Pulumi.lab.yaml; with --engine sid, with the Docker
                   Engine of Debian sid and the containerd image store
  down             remove every trace of them; with --name NAME, of those that a killed test left
  status           show them
  cut PI           pull out a Pi's network cable
  restore PI       put it back
  power-off PI     pull a Pi's plug
  power-on PI      boot it, and wait until it answers

PI is pi1, pi2, ...`;

const say = (line: string): void => console.log(line);

const faults: Record<string, (pi: Pi) => Promise<void>> = {
  cut: (pi) => pi.cut(),
  restore: (pi) => pi.restore(),
  "power-off": (pi) => pi.powerOff(),
  "power-on": (pi) => pi.powerOn(),
};

async function main(): Promise<void> {
  const { values, positionals } = parse();
  const [command = "", operand, ...rest] = positionals;
  const fault = faults[command];
  if (values.help) {
    say(usage);
  } else if (rest.length > 0) {
    throw new SetupError(`Too many words: ${rest.join(" ")}.\n\n${usage}`);
  } else if (values.name !== undefined && command !== "down") {
    throw new SetupError(`--name goes with down only.\n\n${usage}`);
  } else if (values.engine !== undefined && command !== "up") {
    throw new SetupError(`--engine goes with up only.\n\n${usage}`);
  } else if (fault) {
    const pi = requirePi(command, operand);
    await fault(pi);
    await show(pi);
  } else if (command === "up") {
    await up(operand, values.engine);
  } else if (command === "down" && operand === undefined) {
    const found = await Lab.down({ name: values.name, say });
    const others = Lab.names();
    const hint =
      others.length > 0 ? ` There is ${others.join(", ")}: npm run lab -- down --name ${others[0]}` : "";
    say(found ? "The lab is gone. Pulumi.lab.yaml is left as it was." : `No such lab was up.${hint}`);
  } else if (command === "status" && operand === undefined) {
    for (const pi of requireLab().pis) {
      await show(pi);
    }
  } else {
    const given = [command, operand].filter(Boolean).join(" ");
    throw new SetupError(
      `${given ? `Expected a command, got "${given}".` : "Expected a command."}\n\n${usage}`,
    );
  }
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        name: { type: "string" },
        engine: { type: "string" },
      },
    });
  } catch (error) {
    throw new SetupError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function requirePi(command: string, name: string | undefined): Pi {
  const lab = requireLab();
  if (name === undefined) {
    throw new SetupError(`${command} needs a Pi: ${lab.pis.map((pi) => pi.name).join(", ")}.\n\n${usage}`);
  }
  return lab.pi(name);
}

function requireLab(): Lab {
  const lab = Lab.find();
  if (!lab) {
    throw new SetupError("No lab is up. Type: npm run lab -- up 2");
  }
  return lab;
}

async function up(operand: string | undefined, engineName = "machine"): Promise<void> {
  if (operand === undefined || !/^\d+$/.test(operand)) {
    throw new SetupError(`up needs the number of Pis, such as: npm run lab -- up 2; got "${operand ?? ""}".`);
  }
  const engine = engines.find((known) => known === engineName);
  if (engine === undefined) {
    throw new SetupError(`--engine expects ${engines.join(" or ")}; got "${engineName}".`);
  }
  const lab = await Lab.up(Number(operand), { engine, say });
  const complete = writeStackFile(lab);
  for (const pi of lab.pis) {
    await show(pi);
  }
  const made = await makeStack();
  say("\nThe Pis are in Pulumi.lab.yaml.");
  if (!complete) {
    say(`It does not say yet which Asterisk they shall run. Either add asterisk-rpi5:asterisk, as in Pulumi.rpi5.yaml;
or take the one that this machine can have: npm run setup -- --for-tests, then lab -- down and lab -- up again.`);
  }
  say(`Next: npx pulumi ${made ? "up" : "stack select --create lab && npx pulumi up --refresh"} -s lab`);
  say("Afterwards: npm run lab -- down");
}

/**
 * A new stack `lab`, in place of one that remembers the Pis of an earlier lab: these are new, and empty. Returns false where
 * that is left to the user.
 */
async function makeStack(): Promise<boolean> {
  const pulumi = (...args: string[]) => askPulumi(["stack", ...args, "--stack", "lab"], { cwd: projectDir });
  if (!existsSync(pulumiCli))
    throw new SetupError(
      "The Pis are up. For the stack that goes with them: npm run setup -- --for-tests, then lab -- down and lab -- up again.",
    );
  // Where the user keeps the state of real sites too, a stack of that name may be one.
  if (process.env.PULUMI_BACKEND_URL) return false;
  const gone = await pulumi("rm", "--yes", "--force", "--preserve-config").catch((error: unknown) => error);
  if (gone instanceof Error && !/no stack named/.test(gone.message)) throw new SetupError(gone.message);
  await pulumi("init", "--no-select");
  return true;
}

async function show(pi: Pi): Promise<void> {
  if (pi.pid === undefined) {
    say(`${pi.name}  ${pi.host}  off`);
    return;
  }
  const docker = await pi
    .docker("version", "--format", "Docker {{.Server.Version}}")
    .catch(() => "Docker does not answer");
  say(`${pi.name}  ${pi.host}  on, cable ${pi.connected ? "in" : "cut"}, ${docker}`);
}

runScript(main);
