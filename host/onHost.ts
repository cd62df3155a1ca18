import execa from "execa";
import { z } from "zod";
import { prepareConnection } from "./connection";
import { type DockerHost, quoted } from "./dockerHost";
import { faultOf } from "./facts";
import { unreachable } from "./prepare";
import { engineFault } from "./rules";

/** Runs a script in a POSIX shell on the host, with these words for its arguments; returns what it printed. */
export async function onHost(host: DockerHost, script: string, words: string[] = []): Promise<string> {
  if (host.ssh) await prepareConnection(host.ssh);
  const command = [host.shell, ...words.map(quoted)].join(" ");
  return (await execa("sh", ["-c", command], { input: script, stripFinalNewline: false })).stdout;
}

/** What is wrong with a host that a script of docker commands could not be run on, and what to do about it. */
export function hostFault(host: DockerHost, error: unknown): string {
  // By its exit code, ssh tells a fault of its own from one of what it ran.
  const failed = z.object({ exitCode: z.literal(255) }).safeParse(error);
  const said = lastWords(error);
  return host.ssh && failed.success ? unreachable(host.uri, said) : engineFault(said);
}

/** What a program or Pulumi said last when it failed: the command itself is long, and no help. */
export function lastWords(error: unknown): string {
  const said = z.object({ stderr: z.string().min(1) }).safeParse(error);
  const text = said.success ? said.data.stderr : String(error);
  return faultOf(text) ?? "";
}
