import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** What Pulumi's engine tells of a stack's resources, by their URNs: pkg/resource/deploy/builtins.go, readStackResourceOutputs. */
const stackSchema = z.object({ outputs: z.record(z.string(), z.unknown()) });

/** Of a verification, what it was triggered by (see verification.ts). */
const verificationSchema = z.object({
  outputs: z.object({ triggers: z.tuple([z.string()], z.unknown()) }),
});

/**
 * The id of the container that the last verification in the stack's state was of, for each Pi by its name. A Pi whose card was
 * restored, or that another state has used meanwhile, runs another one.
 */
export async function recordedContainers(): Promise<Record<string, string>> {
  const read = "pulumi:pulumi:readStackResourceOutputs";
  const stack: unknown = await pulumi.runtime.invoke(read, { stackName: pulumi.getStack() });
  return Object.fromEntries(
    Object.entries(stackSchema.parse(stack).outputs).flatMap(([urn, resource]) => {
      const [, pi] = /::([^:]+)-verification-command$/.exec(urn) ?? [];
      const { data } = verificationSchema.safeParse(resource);
      return pi !== undefined && data ? [[pi, data.outputs.triggers[0]]] : [];
    }),
  );
}
