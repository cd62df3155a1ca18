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

/** What a call of gRPC fails with when nothing is there that answers: https://grpc.io/docs/guides/status-codes/ */
const unavailable = z.object({ code: z.literal(14) });

/** Milliseconds for what was reported to an engine that is there after all. */
const lastWords = 1000;

/**
 * Ends the program when Pulumi's engine is gone, as after a kill -9. Pulumi's own handler would report that to the engine, which
 * fails, and is reported, for ever: a processor and all the memory of the operator's machine.
 */
export function endWithEngine(): void {
  let ends = false;
  process.on("unhandledRejection", (reason) => {
    if (ends || !unavailable.safeParse(reason).success) return;
    ends = true;
    setTimeout(() => process.exit(1), lastWords);
  });
}
