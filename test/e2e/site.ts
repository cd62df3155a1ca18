import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Deployment, type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import execa from "execa";
import { stringify } from "yaml";
import { z } from "zod";
import { pulumiCommand } from "../../scripts/pulumi/command";
import { pulumiEnvironment, stateUrl } from "../../scripts/pulumi/environment";
import { projectDir, pulumiDir, pulumiHome } from "../../scripts/setup/paths";

const stateSchema = z.object({
  resources: z.array(z.object({ urn: z.string(), id: z.string().optional() })),
});

/** What a run of Pulumi did: what changed, what it said. */
export interface Run {
  /** The operation of every resource that does not stay as it is, by its name; all parts of a replacement as "replace". */
  changes: Record<string, string>;
  /** The lines that a person would see: status and errors. */
  messages: string[];
  /** All that Pulumi printed. */
  output: string;
}

/**
 * A site in a copy of the project, with its own state and passphrase: what a test edits there, and what it leaves behind,
 * is not this clone's. CLI and plugins are the clone's.
 */
export class Site {
  /** What the stack's file says, without the keys' prefix. */
  config: Record<string, unknown> = {};

  private constructor(
    readonly folder: string,
    readonly name: string,
    private readonly stack: Stack,
    /** What its runs of Pulumi have, and a test of other ones may want. */
    readonly environment: Record<string, string>,
  ) {}

  static async make(name: string, config: { asterisk: unknown; pis: unknown }): Promise<Site> {
    const folder = path.join(pulumiDir, "e2e", name);
    rmSync(folder, { recursive: true, force: true });
    const { stdout } = await execa("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      cwd: projectDir,
    });
    for (const file of stdout.split("\n").filter((name) => existsSync(path.join(projectDir, name)))) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      cpSync(path.join(projectDir, file), path.join(folder, file));
    }
    symlinkSync(path.join(projectDir, "node_modules"), path.join(folder, "node_modules"));
    mkdirSync(path.join(folder, ".pulumi/state"), { recursive: true });
    for (const made of ["home", "source"])
      if (existsSync(path.join(pulumiDir, made)))
        symlinkSync(path.join(pulumiDir, made), path.join(folder, ".pulumi", made));
    const passphrase = path.join(folder, ".pulumi/passphrase");
    writeFileSync(passphrase, randomBytes(32).toString("base64url"), { mode: 0o600 });
    const environment = {
      ...pulumiEnvironment(),
      PULUMI_BACKEND_URL: stateUrl(path.join(folder, ".pulumi/state")),
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
    };
    const site = new Site(
      folder,
      name,
      await LocalWorkspace.createStack(
        { stackName: name, workDir: folder },
        {
          pulumiHome,
          pulumiCommand: await pulumiCommand(),
          envVars: environment,
        },
      ),
      environment,
    );
    site.configure(config);
    return site;
  }

  /** Writes the stack's file, as a person would; the salt of the stack's secrets comes back with the next run. */
  configure(config: Record<string, unknown>): void {
    this.config = config;
    const keys = Object.entries(config).map(([key, value]) => [`asterisk-rpi5:${key}`, value]);
    writeFileSync(
      path.join(this.folder, `Pulumi.${this.name}.yaml`),
      stringify({ config: Object.fromEntries(keys) }),
    );
  }

  up(options: { refresh?: boolean } = {}): Promise<Run> {
    return this.run((watch) => this.stack.up({ ...options, ...watch }));
  }

  preview(options: { refresh?: boolean } = {}): Promise<Run> {
    return this.run((watch) => this.stack.preview({ ...options, ...watch }));
  }

  /** What a run that must fail tells its user. */
  async faultOf(run: Promise<Run>): Promise<string> {
    const failed = await run.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failed instanceof RunFailed) return failed.message;
    throw failed ?? new Error("expected a run that fails, and it did not");
  }

  async outputs(): Promise<Record<string, unknown>> {
    const outputs = await this.stack.outputs();
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  /** The URN and id of every resource in the state. */
  async resources(): Promise<string[]> {
    const { deployment } = await this.stack.exportStack();
    const { resources } = stateSchema.parse(deployment);
    return resources.map(({ urn, id }) => `${urn} ${id}`).sort();
  }

  /** The state, as a copy to go back to. */
  state(): Promise<Deployment> {
    return this.stack.exportStack();
  }

  async restore(state: Deployment): Promise<void> {
    await this.stack.importStack(state);
  }

  async destroy(): Promise<void> {
    await this.stack.destroy({ runProgram: false });
  }

  /**
   * Starts what `npx pulumi` runs, whose end and output are for the caller to see. As a terminal does, in a process group of
   * its own: Ctrl-C goes to all of that group.
   */
  start(...args: string[]): execa.ExecaChildProcess {
    const script = path.join(projectDir, "scripts/pulumi/run.js");
    return execa(process.execPath, [script, ...args, "--stack", this.name, "--non-interactive"], {
      cwd: this.folder,
      env: this.environment,
      extendEnv: false,
      stdin: "ignore",
      all: true,
      detached: true,
      reject: false,
    });
  }

  /** Runs `npx pulumi`, as a person does. */
  async npx(...args: string[]): Promise<{ all: string; exitCode: number }> {
    const options = {
      cwd: this.folder,
      env: this.environment,
      stdin: "ignore",
      all: true,
      reject: false,
    } as const;
    const { all = "", exitCode } = await execa("npx", ["pulumi", ...args, "--stack", this.name], options);
    return { all, exitCode };
  }

  /** Runs one of the project's npm scripts in the copy; returns all that it printed. */
  async npmRun(...args: string[]): Promise<string> {
    const options = { cwd: this.folder, env: this.environment, all: true };
    const { all } = await execa("npm", ["run", "--silent", ...args], options);
    return all ?? "";
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(action: (watch: Watch) => Promise<unknown>): Promise<Run> {
    const run: Run = { changes: {}, messages: [], output: "" };
    const errors: string[] = [];
    const onEvent = ({ resourcePreEvent, diagnosticEvent }: EngineEvent) => {
      const { op, urn } = resourcePreEvent?.metadata ?? {};
      if (op && urn && !["same", "refresh"].includes(op))
        run.changes[urn.split("::").at(-1) ?? urn] ??= /replace/.test(op) ? "replace" : op;
      if (diagnosticEvent) run.messages.push(diagnosticEvent.message);
      if (diagnosticEvent?.severity === "error") errors.push(diagnosticEvent.message);
    };
    try {
      await action({ onEvent, onOutput: (text) => (run.output += text) });
    } catch (error) {
      if (errors.length === 0) throw error;
      throw new RunFailed(errors.join("\n"));
    }
    return run;
  }
}

/** How a run is followed. */
interface Watch {
  onEvent(event: EngineEvent): void;
  onOutput(text: string): void;
}

/** A run of Pulumi that failed, with the errors that its user would see. */
class RunFailed extends Error {}

/** The process of `npx pulumi` itself, which leads its group. */
export function pidOf(run: execa.ExecaChildProcess): number {
  if (run.pid === undefined) throw new Error("npx pulumi could not be started");
  return run.pid;
}

/** The process of the CLI itself, which is the only one that `npx pulumi` starts. */
export function pulumiOf(run: execa.ExecaChildProcess): number {
  const pid = pidOf(run);
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
}
