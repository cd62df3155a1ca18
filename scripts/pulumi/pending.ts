import { z } from "zod";
import { askPulumi } from "./ask";

const exported = z.object({ deployment: z.object({ pending_operations: z.array(z.unknown()).default([]) }) });

/**
 * Takes out of a stack's state what a Pulumi that was killed had begun to create, once `pulumi cancel` has opened the lock
 * that it left. Pulumi would keep it for good, with a warning at each `up`, since it does not know whether there is a
 * resource that nobody knows of. Here there is none: volumes and images are found by their names, and a container by its
 * label, which is removed (see components/handover.ts).
 * @param stack by default the one that is selected
 */
export async function forgetPendingOperations(stack: string | undefined): Promise<void> {
  const onStack = stack === undefined ? [] : ["--stack", stack];
  const { stdout } = await askPulumi(["stack", "export", ...onStack]);
  const { pending_operations } = exported.parse(JSON.parse(stdout)).deployment;
  // An import takes over all but these.
  if (pending_operations.length > 0) await askPulumi(["stack", "import", ...onStack], { input: stdout });
}
