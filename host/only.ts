import { z } from "zod";

/**
 * The environment variable by which `npm run up -- STACK --only PI[,PI]` tells the program which Pis it targets. To set it
 * without the targets would be to have Pulumi delete what is of the others.
 */
export const onlyVariable = "ASTERISK_RPI5_ONLY";

const onlySchema = z.object({
  /** The names of the Pis that the run is for. */
  pis: z.array(z.string()),
  /** What the stack's outputs say of the others, and go on saying. */
  outputs: z.record(z.string(), z.unknown()),
});
export type Only = z.infer<typeof onlySchema>;

/**
 * Which Pis a run is for, if not for all. The others are not even registered: where a run has targets, Pulumi leaves all
 * else as it is; and it would refuse one that is not whole in the state, since it creates a provider in any case, which
 * then has no component. https://github.com/pulumi/pulumi/issues/13557
 */
export function onlyOf(environment: NodeJS.ProcessEnv): Only | undefined {
  const given = environment[onlyVariable];
  return given === undefined ? undefined : onlySchema.parse(JSON.parse(given));
}
