import execa from "execa";
import { z } from "zod";
import { prepareConnection } from "../host/connection";
import type { DockerHost } from "../host/dockerHost";
import { faultOf } from "../host/facts";

/** Runs a script in a POSIX shell on the host; returns what it printed. */
export async function onHost(host: DockerHost, script: string): Promise<string> {
  if (host.ssh) await prepareConnection(host.ssh);
  return (await execa("sh", ["-c", host.shell], { input: script, stripFinalNewline: false })).stdout;
}

/** What a program or Pulumi said last when it failed: the command itself is long, and no help. */
export function lastWords(error: unknown): string {
  const said = z.object({ stderr: z.string().min(1) }).safeParse(error);
  const text = said.success ? said.data.stderr : String(error);
  return faultOf(text) ?? "";
}
