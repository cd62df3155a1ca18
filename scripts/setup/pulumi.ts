import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import execa from "execa";
import { answers } from "./answers";
import { type GoBuild, goBuild, moduleDir } from "./go";
import { pulumiHome } from "./paths";
import type { Step } from "./step";

/** What set-up installs. The plugins' versions must be those of the npm packages: a unit test compares them. */
export const pulumiVersions = { cli: "3.256.0", docker: "5.2.0", command: "1.2.1" };

const cliFolder = path.join(pulumiHome, "versions", pulumiVersions.cli);
const pluginsFolder = path.join(pulumiHome, "plugins");

/** Where `pulumi` is, and the language host beside it. */
export const pulumiBinFolder = path.join(cliFolder, "bin");
export const pulumiCli = path.join(pulumiBinFolder, "pulumi");

/** In a folder with this file is something that was built here, and the file says of what. */
export const builtHereFile = "BUILT-HERE.txt";

type Say = (line: string) => void;

/** One thing to install: a folder that is either whole or not there. */
interface Tool {
  title: string;
  folder: string;
  programs: string[];
  /** Gets the real thing. */
  download(): Promise<void>;
  /** Builds its stand-in into a folder with a temporary name. */
  build(folder: string, say: Say): Promise<void>;
  /** The modules below toolchain/ that it is built from. */
  modules: string[];
}

const cli: Tool = {
  title: `Pulumi CLI ${pulumiVersions.cli}`,
  folder: cliFolder,
  programs: ["bin/pulumi", "bin/pulumi-language-nodejs"],
  async download() {
    // Loaded only here: it takes half a second, and every `npx pulumi` imports this file.
    const { PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
    const { parse } = await import("semver");
    // The installer runs the new CLI to ask for its version: not in the home of whoever sits here.
    process.env.PULUMI_HOME = pulumiHome;
    const root = temporaryName(cliFolder);
    await PulumiCommand.install({ version: parse(pulumiVersions.cli) ?? undefined, root });
    await fs.rename(root, cliFolder);
  },
  async build(folder, say) {
    const sdk = "github.com/pulumi/pulumi/sdk/v3";
    const variable = `${sdk}/go/common/version.Version`;
    const languageHost = await requiredVersion("language-nodejs", sdk);
    const programs: GoBuild[] = [
      {
        module: "language-nodejs",
        main: `${sdk}/nodejs/cmd/pulumi-language-nodejs`,
        version: `${variable}=${languageHost}`,
        output: path.join(folder, "bin/pulumi-language-nodejs"),
      },
      {
        module: "cli",
        main: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        version: `${variable}=v${pulumiVersions.cli}`,
        output: path.join(folder, "bin/pulumi"),
      },
    ];
    for (const program of programs) await goBuild(program, say);
  },
  modules: ["cli", "language-nodejs"],
};

const docker = plugin("docker", pulumiVersions.docker, "no_compose");
const command = plugin("command", pulumiVersions.command);
const tools = [cli, docker, command];

function plugin(name: string, version: string, tags?: string): Tool {
  const program = `pulumi-resource-${name}`;
  return {
    title: `Pulumi plugin ${name} ${version}`,
    folder: path.join(pluginsFolder, `resource-${name}-v${version}`),
    programs: [program],
    async download() {
      await execa(pulumiCli, ["plugin", "install", "resource", name, version], {
        env: { PULUMI_HOME: pulumiHome, PULUMI_SKIP_UPDATE_CHECK: "true" },
        stdin: "ignore",
      });
    },
    async build(folder, say) {
      const output = path.join(folder, program);
      await goBuild(
        { module: name, main: ".", version: `main.version=${version}`, output, ...(tags && { tags }) },
        say,
      );
    },
    modules: [name],
  };
}

/** The steps of set-up; with `build` they build here although downloads may be open. */
export function toolchainSteps(options: { build: boolean }): Step[] {
  return tools.map((tool) => ({
    title: `Install the ${tool.title}`,
    isDone: async () => !options.build && isWhole(tool) && !(await isOutdated(tool)),
    run: (say) => install(tool, options.build, say),
  }));
}

export const pulumiSteps = toolchainSteps({ build: false });

/** Takes out what the steps installed, and nothing else; returns what there was. */
export async function removeToolchain(): Promise<string[]> {
  const removed: string[] = [];
  for (const tool of tools) {
    if (existsSync(tool.folder)) removed.push(tool.title);
    await clear(tool);
    await remove(temporaryName(tool.folder));
  }
  return removed;
}

/** Takes a tool out, with Pulumi's own marks of an installation that runs or was cut short. */
async function clear(tool: Tool): Promise<void> {
  for (const suffix of ["", ".lock", ".partial"]) await remove(tool.folder + suffix);
}

async function install(tool: Tool, build: boolean, say: Say): Promise<string> {
  await remove(temporaryName(tool.folder));
  await fs.mkdir(path.dirname(tool.folder), { recursive: true });
  if (!build && (await downloadsAreOpen())) {
    say("Downloading");
    await clear(tool);
    try {
      await tool.download();
      if (isWhole(tool)) return "downloaded";
      say("The download is not whole: building it here");
    } catch (error) {
      say(`The download failed (${firstLine(error)}): building it here`);
    }
    await remove(temporaryName(tool.folder));
  }
  const unfinished = temporaryName(tool.folder);
  await tool.build(unfinished, say);
  await fs.writeFile(path.join(unfinished, builtHereFile), await builtHereText(tool, build));
  // Only now: what was there could be in use as long as the build took.
  await clear(tool);
  await fs.rename(unfinished, tool.folder);
  return "built from the Go module proxy";
}

async function builtHereText(tool: Tool, asked: boolean): Promise<string> {
  const folders = tool.modules.map((module) => `toolchain/${module}`).join(" and ");
  const why = asked ? "`npm run toolchain -- --build` asked for it" : "Pulumi's download host did not answer";
  return `${tool.title}: not the official one, but built on this machine from ${folders} (versions: go.mod),
because ${why}.
\`npm run toolchain -- --remove\` takes it out; the next set-up tries the official one again.
${await sourcesLine(tool)}
`;
}

/** True of a tool that was built here from sources that have changed since, as after a \`git pull\`. */
async function isOutdated(tool: Tool): Promise<boolean> {
  const text = await fs.readFile(path.join(tool.folder, builtHereFile), "utf8").catch(() => undefined);
  return text !== undefined && !text.includes(await sourcesLine(tool));
}

async function sourcesLine(tool: Tool): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of tool.modules.map(moduleDir)) {
    const names = await fs.readdir(folder, { recursive: true });
    for (const name of names.filter((name) => /(\.go|go\.mod|go\.sum)$/.test(name)).sort())
      hash
        .update(name)
        .update("\0")
        .update(await fs.readFile(path.join(folder, name)));
  }
  return `Sources: sha256 ${hash.digest("hex")}`;
}

let open: Promise<boolean> | undefined;

/** Asked once: an install script behind a closed network would retry for minutes, for each thing anew. */
function downloadsAreOpen(): Promise<boolean> {
  open ??= answers("https://get.pulumi.com/install.sh");
  return open;
}

function isWhole(tool: Tool): boolean {
  if (existsSync(`${tool.folder}.partial`)) return false;
  return tool.programs.every((program) => existsSync(path.join(tool.folder, program)));
}

/** Beside the real name, so that a rename can finish it; Pulumi does not take it for a version or a plugin. */
function temporaryName(folder: string): string {
  return path.join(path.dirname(folder), `.unfinished-${path.basename(folder)}`);
}

/** The version of a Go module that a module of the toolchain requires, with its `v`. */
export async function requiredVersion(module: string, dependency: string): Promise<string> {
  const goMod = await fs.readFile(path.join(moduleDir(module), "go.mod"), "utf8");
  const line = goMod
    .split("\n")
    .find((text) => text.replace(/^(require)?\s+/, "").startsWith(`${dependency} `));
  const version = line?.match(/ (v\S+)/)?.[1];
  if (!version) throw new Error(`toolchain/${module}/go.mod does not require ${dependency}`);
  return version;
}

function remove(file: string): Promise<void> {
  return fs.rm(file, { recursive: true, force: true });
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0] ?? "";
}
