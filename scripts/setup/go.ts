import fs from "node:fs/promises";
import path from "node:path";
import execa from "execa";
import { projectDir } from "./paths";
import { SetupError } from "./step";

export interface GoBuild {
  /** Folder below toolchain/ with the module that pins all versions. */
  module: string;
  /** The main package, as `go build` takes it. */
  main: string;
  /** Variable that the linker sets, and its value: `main.version=1.2.1`. */
  version: string;
  /** Build tags. */
  tags?: string;
  /** File to make. Whoever calls has it in a folder with a temporary name. */
  output: string;
}

export function moduleDir(module: string): string {
  return path.join(projectDir, "toolchain", module);
}

/** Builds one program; `say` gets the packages as they are downloaded and compiled. */
export async function goBuild(build: GoBuild, say: (line: string) => void): Promise<void> {
  const cwd = moduleDir(build.module);
  await needGo();
  await fs.mkdir(path.dirname(build.output), { recursive: true });
  const name = path.basename(build.output);
  const args = [
    "build",
    "-v",
    "-trimpath",
    "-buildvcs=false",
    "-mod=readonly",
    "-ldflags",
    `-s -w -X ${build.version}`,
  ];
  if (build.tags) args.push("-tags", build.tags);
  // Without cgo no C compiler is needed, and what is built does not depend on this machine's C library.
  const env = { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
  const child = execa("go", [...args, "-o", build.output, build.main], {
    cwd,
    env,
    reject: false,
    stdin: "ignore",
  });
  let packages = 0;
  let shown = 0;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    const lines = text.split("\n").filter(Boolean);
    packages += lines.filter((line) => !line.startsWith("go: ")).length;
    // Hundreds of packages: a line a second is enough, also in a log that keeps them all.
    if (lines.length === 0 || Date.now() < shown + 1000) return;
    shown = Date.now();
    say(`${name}: ${packages} packages compiled, ${lines.at(-1)?.replace(/^go: /, "")}`);
  });
  const { exitCode, stderr } = await child;
  if (exitCode === 0) return;
  const lines = stderr.split("\n").filter((line) => !line.startsWith("go: downloading"));
  throw new SetupError(
    `toolchain/${build.module} could not be built: \`go build ${build.main}\` ended with code ${exitCode}.\n` +
      `${lines.slice(-15).join("\n")}\nIt needs the Go module proxy (\`go env GOPROXY\`). Type the same command again to go on.`,
  );
}

/**
 * Asked in the module that wants the newest Go, so that one message holds for all. Go reads the `go` line itself and,
 * unless GOTOOLCHAIN=local, gets a newer Go from the proxy if it must.
 */
async function needGo(): Promise<void> {
  const cwd = moduleDir("cli");
  const go = await execa("go", ["version"], { cwd, env: { GOFLAGS: "" }, reject: false }).catch(
    () => undefined,
  );
  if (go?.exitCode === 0) return;
  const needed = /^go (\S+)$/m.exec(await fs.readFile(path.join(cwd, "go.mod"), "utf8"))?.[1];
  const found = go?.stderr ? `Found: ${go.stderr.trim()}` : "Found: no program `go` in the PATH";
  throw new SetupError(
    "Pulumi's CLI and plugins are not downloaded (their host does not answer, or --build was given) but built here, " +
      `which needs Go ${needed} or newer.\n${found}\nInstall Go (https://go.dev/dl) and type the same command again.`,
  );
}
