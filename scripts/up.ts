import { z } from "zod";
import { type Only, onlyVariable } from "../host/only";
import { askPulumi } from "./pulumi/ask";
import { runPulumi } from "./pulumi/cli";
import { runScript } from "./script";
import { readSite } from "./setup/stackFile";
import { SetupError } from "./setup/step";

const usage = `Usage: npm run up -- STACK --only PI[,PI] [flags of pulumi up]

Brings these Pis of a stack alone to what the code says: the others are not asked for anything, and stay as they
are. For all of them: npx pulumi up -s STACK`;

/** Pulumi's flags for these Pis alone: each component, and its children as what depends on it. */
export function targets(stack: string, pis: string[]): string[] {
  const urns = pis.map((pi) => `urn:pulumi:${stack}::asterisk-rpi5::asterisk-rpi5:index:AsteriskPi::${pi}`);
  return [...urns.flatMap((urn) => ["--target", urn]), "--target-dependents"];
}

async function main([stack, ...rest]: string[]): Promise<void> {
  const at = rest.findIndex((word) => /^--only(=|$)/.test(word));
  // Without it, as when npm took it for its own because there was no `--` before, nobody means all of them.
  if (stack === undefined || stack.startsWith("-") || at < 0) throw new SetupError(usage);

  const inOneWord = rest[at]?.includes("=");
  const [given] = rest.splice(at, inOneWord ? 1 : 2).slice(-1);
  const only = (given?.replace(/^--only=?/, "") ?? "").split(",").filter(Boolean);
  // Pulumi would take it for the name of a template, and go and fetch that.
  const stray = [rest[0], rest[at]].find((word) => word !== undefined && !word.startsWith("-"));
  if (stray !== undefined)
    throw new SetupError(`Unexpected "${stray}". Several Pis: --only pi1,pi2\n\n${usage}`);
  const known = Object.keys(readSite(stack).pis);
  const unknown = only.filter((pi) => !known.includes(pi));
  if (only.length === 0 || unknown.length > 0)
    throw new SetupError(
      `--only: expected Pis of Pulumi.${stack}.yaml (${known.join(", ")}), got ${unknown.join(", ") || "none"}.`,
    );
  const program: Only = { pis: only, outputs: await outputsBut(only, stack) };
  await runPulumi(["up", "--stack", stack, ...rest, ...targets(stack, only)], {
    [onlyVariable]: JSON.stringify(program),
  });
}

/** What a stack's outputs say of all Pis but these. */
async function outputsBut(pis: string[], stack: string): Promise<Only["outputs"]> {
  const { stdout, stderr, failed } = await askPulumi(["stack", "output", "--json", "--stack", stack], {
    reject: false,
  });
  if (failed) throw new SetupError(stderr);
  const outputs = z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
  for (const pi of pis) delete outputs[pi];
  return outputs;
}

runScript(main);
