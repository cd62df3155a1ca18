import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { isMap, parseDocument } from "yaml";
import { z } from "zod";
import type { PiConfig } from "../config/schema";
import { defaultVolumes, volumeParts, volumePaths } from "../config/volumes";
import { dockerHost } from "../host/dockerHost";
import { type FoundContainer, factsScript, isForeign, parseFacts } from "../host/facts";
import { engineFault } from "../host/rules";
import { hostFault, onHost } from "./onHost";
import { runScript } from "./script";
import { pulumiDir } from "./setup/paths";
import { readSite } from "./setup/stackFile";
import { SetupError } from "./setup/step";

const usage = `Usage: npm run adopt -- STACK PI [--yes]

Lets a stack take over the container "asterisk" that something else made on a Pi, such as docker compose, with what
it has in Asterisk's folders for configuration, sounds, voicemail and logs, and in Asterisk's database. Shows what will be done, and asks; nothing is done on the Pi before the next up.`;

/** What becomes of each folder of Asterisk's: the volume that it is in goes on being used, anything else is copied. */
function folders({ mounts }: FoundContainer, volumes: PiConfig["volumes"]) {
  return volumeParts.map((part) => {
    const mount = mounts.find(({ Destination }) => Destination === volumePaths[part]);
    if (mount?.Type === "volume" && mount.Name)
      return { part, volume: mount.Name, says: `is in the volume ${mount.Name}, which is used as it is` };
    const where = mount ? `is the folder ${mount.Source} of the Pi` : "is in no volume";
    return { part, volume: volumes[part], says: `${where}: it is copied into the volume ${volumes[part]}` };
  });
}

/** A mount may have some of Asterisk's folders in it, such as one of all that is in /var/lib/asterisk. */
const exceptAbove = (mount: string): string =>
  Object.values(volumePaths).some((folder) => folder.startsWith(`${mount}/`))
    ? ", but for what is said above"
    : "";

/** One that does not run as root cannot write to files that were made another user's. */
const asUser = ({ user }: FoundContainer): string =>
  /^(root|0)?(:|$)/.test(user)
    ? ""
    : ` It runs as ${user}: to go back to it, give it the files of its volumes again.`;

/** Of a container's definition, what is looked at here: https://docs.docker.com/reference/api/engine/#tag/Container/operation/ContainerInspect */
const inspected = z.looseObject({
  Config: z.looseObject({ Env: z.array(z.string()).nullable() }),
  HostConfig: z.looseObject({
    Mounts: z
      .array(
        z.looseObject({
          Target: z.string(),
          VolumeOptions: z.looseObject({ Subpath: z.string().nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
});

/** The same to be kept; its environment, where passwords are, stays on the Pi. */
function definitionOf(definition: z.infer<typeof inspected>): unknown {
  const names = definition.Config.Env?.map((variable) => variable.replace(/=.*/s, "=(see docker inspect)"));
  return { ...definition, Config: { ...definition.Config, Env: names } };
}

/** The stack's file with the take-over in it, as a person would write it: comments and order stay. */
function configWith(file: string, pi: string, id: string, found: ReturnType<typeof folders>): string {
  const document = parseDocument(readFileSync(file, "utf8"));
  const key = ["config", "asterisk-rpi5:pis", pi];
  if (!isMap(document.getIn(key)))
    throw new SetupError(
      `${file}: asterisk-rpi5:pis.${pi} refers to another place: write it out, so that it can be added to.`,
    );
  document.setIn([...key, "adopts"], id);
  for (const { part, volume } of found)
    if (volume !== defaultVolumes[part] || document.hasIn([...key, "volumes", part]))
      document.setIn([...key, "volumes", part], volume);
  return document.toString({ lineWidth: 0 });
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    console.log("Nothing is written: add --yes to do it.");
    return false;
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question("Write that? [y/N] ");
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function main(words: string[]): Promise<void> {
  const [stack, pi, ...rest] = words.filter((word) => word !== "--yes");
  if (stack === undefined || pi === undefined || rest.length > 0) throw new SetupError(usage);
  const { pis } = readSite(stack);
  const config = pis[pi];
  if (config === undefined)
    throw new SetupError(
      `There is no Pi "${pi}" in Pulumi.${stack}.yaml, only: ${Object.keys(pis).join(", ")}.`,
    );
  const host = dockerHost(stack, pi, config);
  const ask = (script: string) =>
    onHost(host, script).catch((error: unknown) => {
      throw new SetupError(`${pi}: ${hostFault(host, error)}`);
    });
  const { container, dockerFault } = parseFacts((await ask(factsScript)).split("\n"));
  if (dockerFault) throw new SetupError(`${pi}: ${engineFault(dockerFault)}`);
  if (container === undefined || !isForeign(container, config.volumes))
    throw new SetupError(
      `${pi}: there is no container "asterisk" of somebody else's: nothing is to be taken over.`,
    );

  if (container.autoRemove)
    throw new SetupError(
      `${pi}: the container was started with --rm, so Docker removes it, and what it has in no volume, once it stops. ` +
        `Copy that first (docker cp), then stop it, and put its volumes' names into Pulumi.${stack}.yaml: asterisk-rpi5:pis.${pi}.volumes`,
    );

  const file = `Pulumi.${stack}.yaml`;
  const found = folders(container, config.volumes);
  const text = configWith(file, pi, container.id, found);
  const [definition] = z
    .tuple([inspected])
    .parse(JSON.parse(await ask(`docker container inspect ${container.id}`)));
  const parts = definition.HostConfig.Mounts?.filter(({ VolumeOptions }) => VolumeOptions?.Subpath) ?? [];
  if (parts.length > 0)
    throw new SetupError(
      `${pi}: the container has only a part of a volume at ${parts.map(({ Target }) => Target).join(", ")} (subpath), and the ` +
        "stack's has whole ones. Copy that into volumes of its own first (docker cp).",
    );
  const left = container.mounts.filter(
    ({ Destination }) => !volumeParts.some((part) => `${Destination}/`.startsWith(`${volumePaths[part]}/`)),
  );
  const shortId = container.id.slice(0, 12);
  const width = Math.max(...found.map(({ part }) => volumePaths[part].length));
  const spool = found.find(({ part }) => part === "spool")?.volume;
  console.log(`${pi} (${config.host}): the container "asterisk", ${container.status}, of the image ${container.image}

${found.map(({ part, says }) => `  ${volumePaths[part].padEnd(width)}  ${says}`).join("\n")}
  ${"astdb.sqlite3".padEnd(width)}  where it is in /var/lib/asterisk, it is copied into the volume ${spool}
${left.map(({ Destination }) => `  ${Destination}  is not taken over${exceptAbove(Destination)}\n`).join("")}
The next up builds the images while that container runs. Then it stops the container, copies what is said above, makes the
files the user asterisk's (uid 999) and starts its own container. The old one stays, stopped, as asterisk-${shortId}; do not start it
beside the new one, as docker compose up would.${asUser(container)}
To go back to it then, take "adopts" out of Pulumi.${stack}.yaml, and type on the Pi:
  docker stop -t 30 asterisk; docker rm asterisk; docker rename asterisk-${shortId} asterisk
  docker update --restart unless-stopped asterisk; docker start asterisk

Pulumi.${stack}.yaml will say so, at asterisk-rpi5:pis.${pi}: adopts, and volumes where their names are not the stack's own.
`);
  if (!words.includes("--yes") && !(await confirmed())) return;

  const copy = path.join(pulumiDir, "adopted", `${stack}-${pi}-${shortId}.json`);
  mkdirSync(path.dirname(copy), { recursive: true, mode: 0o700 });
  writeFileSync(copy, JSON.stringify(definitionOf(definition), null, 2), { mode: 0o600 });
  writeFileSync(file, text);
  console.log(`Written, and a copy of the old container's definition to ${path.relative(".", copy)}.
Next: npx pulumi up -s ${stack}`);
}

runScript(main);
