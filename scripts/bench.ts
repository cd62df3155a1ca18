import execa from "execa";
import { dockerHost } from "../host/dockerHost";
import { asteriskConfig, giveBuilder } from "../test/e2e/builder";
import { type Run, Site } from "../test/e2e/site";
import { sitePis } from "../test/e2e/siteOnLab";
import { Lab } from "../test/lab/lab";
import type { PisConfig } from "../test/lab/stackFile";
import { runScript } from "./script";
import { flags } from "./setup/flags";
import { SetupError } from "./setup/step";

const name = "bench";

/** Times that each is measured: one alone says little on a machine that does other things too. */
const rounds = 5;

interface Command {
  title: string;
  /** What four Pis may take, as a multiple of what one takes. */
  most?: number;
  run(site: Site): Promise<Run>;
}

/** What is typed most often, where there is nothing to do. */
const commands: Command[] = [
  { title: "no-op up", most: 1.5, run: (site) => site.up() },
  { title: "no-op preview", run: (site) => site.preview() },
];

/** A site, and how its Pis are reached. */
interface LabSite {
  site: Site;
  pis: PisConfig;
}

/** The seconds of a command, one number for each round. */
interface Times {
  command: Command;
  one: number[];
  four: number[];
}

let stopped = false;

/** Says what comes next, unless the user wants no more. */
function next(line: string): void {
  if (stopped) throw new SetupError("Stopped");
  console.log(line);
}

/** Adds the sites to `sites` as soon as there is something of them to take away. */
async function bench(sites: LabSite[]): Promise<string> {
  next("Starting five Pis: one for a site of its own, four for another");
  const lab = await Lab.up(5, { name });
  next("Giving them the builder image");
  await giveBuilder(...lab.pis);
  const pis = Object.entries(sitePis(lab));
  const one = await makeSite("bench-one", Object.fromEntries(pis.slice(0, 1)));
  sites.push(one);
  const four = await makeSite("bench-four", Object.fromEntries(pis.slice(1)));
  sites.push(four);
  for (const { site } of sites) {
    next(`The first up of ${site.name}`);
    await site.up();
  }
  return table(await measure(one, four));
}

async function takeAway(sites: LabSite[]): Promise<void> {
  for (const labSite of sites) {
    await hangUp(labSite);
    labSite.site.remove();
  }
  await Lab.down({ name });
}

async function makeSite(siteName: string, pis: LabSite["pis"]): Promise<LabSite> {
  return { site: await Site.make(siteName, { asterisk: await asteriskConfig(), pis }), pis };
}

/** One Pi and four by turns, so that whatever else the machine does meets both. */
async function measure(one: LabSite, four: LabSite): Promise<Times[]> {
  const all: Times[] = commands.map((command) => ({ command, one: [], four: [] }));
  for (let round = 1; round <= rounds; round++)
    for (const { command, ...times } of all) {
      next(`Round ${round} of ${rounds}: ${command.title}`);
      times.one.push(await secondsOf(command, one));
      times.four.push(await secondsOf(command, four));
    }
  return all;
}

async function secondsOf(command: Command, labSite: LabSite): Promise<number> {
  // Who types it an hour later has no open connection either.
  await hangUp(labSite);
  const start = performance.now();
  const { changes } = await command.run(labSite.site);
  const seconds = (performance.now() - start) / 1000;
  if (Object.keys(changes).length > 0)
    throw new Error(`expected nothing to do for a ${command.title}, got ${JSON.stringify(changes)}`);
  return seconds;
}

/** Ends the connections that stay open for a next command. */
async function hangUp({ site, pis }: LabSite): Promise<void> {
  for (const [pi, config] of Object.entries(pis)) {
    const { ssh = [] } = dockerHost(site.name, pi, config);
    // It fails where there is none.
    await execa("ssh", ["-O", "exit", ...ssh], { reject: false });
  }
}

function table(all: Times[]): string {
  const rows = all.map(({ command, one, four }) => {
    const seconds = [one, four].map((times) => `${median(times).toFixed(1)} s`);
    const ratio = median(four) / median(one);
    return [command.title, ...seconds, ratio.toFixed(2), command.most ? `at most ${command.most}` : ""];
  });
  const heading = [`median of ${rounds}`, "one Pi", "four Pis", "ratio", "is to be"];
  return [heading, ...rows]
    .map((row) =>
      row
        .map((cell) => cell.padEnd(15))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function main(): Promise<void> {
  flags("npm run bench", []);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      if (!stopped) console.error("\nStopping: the Pis are taken away when the command that runs has ended");
      stopped = true;
    });
  const sites: LabSite[] = [];
  // A run that was killed may have left some.
  await Lab.down({ name });
  try {
    console.log(`\n${await bench(sites)}`);
  } catch (error) {
    // A terminal's Ctrl-C reaches the programs that we run as well, and they fail: no fault of theirs.
    if (!stopped) throw error;
    process.exitCode = 1;
  } finally {
    await takeAway(sites);
  }
  if (stopped) console.error("Stopped: the Pis are gone, and nothing was measured.");
}

runScript(main);
