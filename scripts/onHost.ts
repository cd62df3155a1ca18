import execa from "execa";
import { z } from "zod";
import { prepareConnection } from "../host/connection";
import type { DockerHost } from "../host/dockerHost";
import { faultOf } from "../host/facts";
import { unreachable } from "../host/prepare";
import { engineFault } from "../host/rules";

/** Runs a script in a POSIX shell on the host; returns what it printed. */
export async function onHost(host: DockerHost, script: string): Promise<string> {
  if (host.ssh) await prepareConnection(host.ssh);
  return (await execa("sh", ["-c", host.shell], { input: script, stripFinalNewline: false })).stdout;
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
