import execa from "execa";
import { sayLines } from "./lines";
import { SetupError } from "./step";

/** One suite of a mirror that this machine's apt is set up for. */
export interface AptSource {
  /** Where the mirror is, e.g. what `URIs:` says in debian.sources. */
  uri: string;
  /** E.g. bookworm-updates. */
  suite: string;
}

/** Debian's own archive, as this machine reaches it: its mirror is near, and may be the only one allowed. */
export async function debianSources(): Promise<AptSource[]> {
  const format = "$(ORIGIN)|$(COMPONENT)|$(SITE)|$(RELEASE)";
  const { stdout } = await execa("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], {
    reject: false,
  });
  return (stdout ?? "")
    .split("\n")
    .map((line) => line.split("|"))
    .filter(([origin, component]) => origin === "Debian" && component === "main")
    .map(([, , uri = "", suite = ""]) => ({ uri, suite }));
}

/** The mirror with the whole of Debian (not only its security updates), for `what`, which cannot do without. */
export async function debianMirror(what: string): Promise<string> {
  const main = (await debianSources()).find((source) => !source.suite.includes("-"));
  if (!main) {
    throw new SetupError(
      `${what} need a Debian mirror, and apt on this machine knows none.\n` +
        "Expected a Debian machine whose `apt-get update` has worked; run that, then try again.",
    );
  }
  return main.uri;
}

/** Installs what is missing of the commands, each given as [command, Debian package that has it]. */
export async function installCommands(
  commands: [command: string, debianPackage: string][],
  say: (line: string) => void,
): Promise<void> {
  const missing: string[] = [];
  for (const [command, debianPackage] of commands) {
    const found = await execa("sh", ["-c", 'command -v "$0"', command], { reject: false });
    if (found.failed) missing.push(debianPackage);
  }
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      `${missing.join(" and ")} must be installed first, which needs root: sudo apt-get install ${missing.join(" ")}`,
    );
  }
  say(`Installing ${missing.join(", ")}`);
  // A fresh machine may be at its own updates just now: wait for them.
  const lock = ["-o", "DPkg::Lock::Timeout=300"];
  const install = [...lock, "install", "--yes", "--no-install-recommends", ...missing];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const first = await sayLines(execa("apt-get", install, { env, reject: false }), say);
  if (!first.failed) return;
  // The package lists may be old, or never have been fetched.
  await sayLines(execa("apt-get", [...lock, "update"], { env }), say);
  await sayLines(execa("apt-get", install, { env }), say);
}
