import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import execa from "execa";
import { z } from "zod";
import { projectDir } from "../../scripts/setup/paths";
import { SetupError } from "../../scripts/setup/step";
import { assertBases, preloadBases } from "./bases";
import {
  chooseLan,
  createLan,
  enableForwarding,
  type Lan,
  linkExists,
  removeLan,
  restoreForwarding,
} from "./network";
import { diskDirOf, forwardingNote, recordOf, runDirOf, runRoot } from "./paths";
import { Pi } from "./pi";
import { assertRequirements } from "./requirements";
import { type Engine, engines, makeSidRoot } from "./sid";

/** What `down` must know, also after a crash: written before anything else is made. */
const recordSchema = z.object({
  /** The clone that the lab belongs to. */
  project: z.string(),
  pis: z.number().int(),
  engine: z.enum(engines).default("machine"),
  lan: z.object({
    bridge: z.string(),
    number: z.number().int(),
    resolvers: z.array(z.string()),
    loopbackResolver: z.string().optional(),
  }),
});
type LabRecord = z.infer<typeof recordSchema>;

export interface LabOptions {
  /**
   * Labs of different names do not touch each other. Part of the names of network links, which have 15 characters.
   * @default "lab"
   */
  name?: string;
  /**
   * Whose Docker Engine the Pis run: this machine's, or that of Debian sid, with the containerd image store. The root for
   * the latter is made once, in a minute or two.
   * @default "machine"
   */
  engine?: Engine;
  /** Shows one line of progress. */
  say?: (line: string) => void;
}

/** Raspberry Pis on one machine; see docs/lab.md. */
export class Lab {
  private constructor(
    readonly name: string,
    readonly pis: Pi[],
  ) {}

  /** Switches `count` new Pis on. When that fails, it leaves nothing behind. */
  static async up(count: number, options: LabOptions = {}): Promise<Lab> {
    const { name = "lab", engine = "machine", say = () => undefined } = options;
    assertName(name);
    // A /24 has room for more; 20 Engines are what the names of links and a person's patience have.
    if (!Number.isInteger(count) || count < 1 || count > 20) {
      throw new SetupError(`A lab has 1 to 20 Pis; got ${count}.`);
    }
    assertRequirements();
    await assertBases();
    if (engine === "sid") {
      await makeSidRoot(say);
    }
    const record = await claim(name, count, engine);
    try {
      const lab = new Lab(name, makePis(name, record));
      await lab.build(record.lan, say);
      return lab;
    } catch (error) {
      await Lab.down(options);
      throw error;
    }
  }

  /** The lab of this name that is up; undefined when there is none. */
  static find(name = "lab"): Lab | undefined {
    assertName(name);
    const record = readRecord(name);
    return record && new Lab(name, makePis(name, record));
  }

  /** The names of those that are up, of whatever clone. */
  static names(): string[] {
    return existsSync(runRoot) ? readdirSync(runRoot).filter((name) => existsSync(recordOf(name))) : [];
  }

  /** Removes every trace of a lab, whole or crashed. Returns false when there was none. */
  static async down(options: LabOptions = {}): Promise<boolean> {
    const { name = "lab", say = () => undefined } = options;
    assertName(name);
    assertRequirements();
    const record = readRecord(name);
    if (record && record.project !== projectDir && existsSync(record.project)) {
      throw new SetupError(
        `Lab ${name} is of another clone. Type in ${record.project}: ${downCommand(name)}`,
      );
    }
    const found = record !== undefined || existsSync(runDirOf(name)) || existsSync(diskDirOf(name));
    if (record) {
      const pis = makePis(name, record);
      say(`Removing ${pis.map((pi) => pi.name).join(", ")}`);
      await Promise.all(pis.map((pi) => pi.remove()));
      await removeLan(record.lan);
    }
    await rm(diskDirOf(name), { recursive: true, force: true });
    await rm(runDirOf(name), { recursive: true, force: true });
    if (
      existsSync(runRoot) &&
      (await readdir(runRoot)).every((entry) => entry === path.basename(forwardingNote))
    ) {
      await restoreForwarding(forwardingNote);
      await rm(runRoot, { recursive: true });
    }
    await rmdir(path.dirname(diskDirOf(name))).catch(() => undefined);
    return found;
  }

  /** The Pi of this name; a fault lists those that there are. */
  pi(name: string): Pi {
    const pi = this.pis.find((candidate) => candidate.name === name);
    if (!pi) {
      const names = this.pis.map((candidate) => candidate.name).join(", ");
      throw new SetupError(`Lab ${this.name} has no Pi "${name}"; it has ${names}.`);
    }
    return pi;
  }

  private async build(lan: Lan, say: (line: string) => void): Promise<void> {
    const key = path.join(diskDirOf(this.name), "id_ed25519");
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `lab ${this.name}`, "-f", key]);
    await enableForwarding(forwardingNote);
    await createLan(lan);
    const start = async (pi: Pi): Promise<void> => {
      say(`Switching ${pi.name} on (${pi.address})`);
      await pi.install();
      await pi.powerOn();
      say(`Loading Debian into ${pi.name}`);
      await preloadBases(pi);
    };
    // Wait for all, so that a fault of one does not have `down` run while others are being made.
    const results = await Promise.allSettled(this.pis.map(start));
    const fault = results.find((result) => result.status === "rejected");
    if (fault) {
      throw fault.reason;
    }
  }
}

/** It becomes part of paths that are removed, and of the names of network links. */
function assertName(name: string): void {
  if (!/^[a-z][a-z0-9]{0,6}$/.test(name)) {
    throw new SetupError(
      `A lab's name is a letter and up to 6 letters and digits, such as lab; got "${name}".`,
    );
  }
}

const downCommand = (name: string): string => `npm run lab -- down${name === "lab" ? "" : ` --name ${name}`}`;

const makePis = (name: string, { pis, lan, engine }: LabRecord): Pi[] =>
  Array.from({ length: pis }, (_, index) => new Pi(name, lan, index, engine));

/** Takes the name and a subnet, and notes them down. */
async function claim(name: string, pis: number, engine: Engine): Promise<LabRecord> {
  const record = readRecord(name);
  if (record || linkExists(`${name}-lan`)) {
    const there = record && record.project !== projectDir ? ` in ${record.project}` : "";
    throw new SetupError(`Lab ${name} is up, or was not taken down. Type${there}: ${downCommand(name)}`);
  }
  const lan = await chooseLan(`${name}-lan`);
  // Left by a lab that was up when this machine was switched off.
  await rm(diskDirOf(name), { recursive: true, force: true });
  // The keys and the Pis' /etc are root's alone.
  await mkdir(diskDirOf(name), { recursive: true, mode: 0o700 });
  await mkdir(runDirOf(name), { recursive: true });
  const claimed = { project: projectDir, pis, engine, lan };
  await writeFile(recordOf(name), JSON.stringify(claimed, null, 2));
  return claimed;
}

function readRecord(name: string): LabRecord | undefined {
  if (!existsSync(recordOf(name))) {
    return undefined;
  }
  return recordSchema.parse(JSON.parse(readFileSync(recordOf(name), "utf8")));
}
