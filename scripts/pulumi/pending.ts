import path from "node:path";
import { parseArgs } from "node:util";
import execa from "execa";
import { z } from "zod";
import { pulumiBinFolder } from "../setup/pulumi";

const exported = z.object({ deployment: z.object({ pending_operations: z.array(z.unknown()).default([]) }) });

/**
 * Takes out of a stack's state what a Pulumi that was killed had begun to create, once `pulumi cancel` has opened the lock
 * that it left. Pulumi would keep it for good, with a warning at each `up`, since it does not know whether there is a
 * resource that nobody knows of. Here there is none: volumes and images are found by their names, and a container by its
 * label, which is removed (see components/handover.ts).
 * @param args those of `pulumi cancel`
 */
export async function forgetPendingOperations(args: string[], env: Record<string, string>): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    options: { stack: { type: "string", short: "s" } },
    strict: false,
  });
  const stack = values.stack ?? positionals[0];
  const pulumi = (command: string, options: execa.Options = {}) => {
    const words = ["stack", command, ...(typeof stack === "string" ? ["--stack", stack] : [])];
    return execa(path.join(pulumiBinFolder, "pulumi"), words, { env, extendEnv: false, ...options });
  };
  const { stdout } = await pulumi("export");
  const { pending_operations } = exported.parse(JSON.parse(stdout)).deployment;
  // An import takes over all but these.
  if (pending_operations.length > 0) await pulumi("import", { input: stdout });
}
