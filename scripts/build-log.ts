import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as docker from "@pulumi/docker";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import { type DockerHost, dockerHost } from "../host/dockerHost";
import { platformOf } from "../host/rules";
import { hostFault, lastWords, onHost } from "./onHost";
import { pulumiCommand } from "./pulumi/command";
import { pulumiEnvironment } from "./pulumi/environment";
import { runScript } from "./script";
import { pulumiDir, pulumiHome } from "./setup/paths";
import { readSite } from "./setup/stackFile";
import { SetupError } from "./setup/step";

const usage =
  "Usage: npm run build-log -- STACK [PI]   (the log of the last compile on each Pi, or on that one)";

const image = "asterisk-rpi5-build-log:latest";

/**
 * The log is in a cache mount, which only a build can read: a step that failed left no layer. And a build's own output is
 * cut at 1 MB, so the log is copied into an image, and read from there.
 * https://github.com/moby/buildkit/blob/master/docs/buildkitd.toml.md (BUILDKIT_STEP_LOG_MAX_SIZE)
 */
const dockerfile = `ARG BASE
FROM $BASE
ARG ASKED
RUN --mount=type=cache,id=asterisk-rpi5-build-log,target=/var/log/build cp -r /var/log/build /build-log
`;

const script = `docker run --rm --network none ${image} sh -c 'cat /build-log/*.log 2>/dev/null || echo "Nothing was compiled there."'
docker image rm ${image} >/dev/null
`;

/** Prints the log of the last compile on a host, with the provider that compiled: it reaches the host in the same way. */
async function printLog(host: DockerHost, base: string): Promise<void> {
  const folder = mkdtempSync(path.join(pulumiDir, "build-log-"));
  try {
    const ask = onHost(host, "docker version --format '{{.Server.Arch}}'");
    const dockerArch = (
      await ask.catch((error: unknown) => {
        throw new SetupError(hostFault(host, error));
      })
    ).trim();
    writeFileSync(path.join(folder, "Dockerfile"), dockerfile);
    const program = async () => {
      const provider = new docker.Provider("docker", { host: host.uri, sshOpts: host.sshOpts });
      const args = { BASE: base, ASKED: new Date().toISOString() };
      const build = {
        context: folder,
        platform: platformOf({ dockerArch }),
        builderVersion: docker.BuilderVersion.BuilderBuildKit,
        args,
      };
      new docker.Image("log", { imageName: image, skipPush: true, build }, { provider });
    };
    const stack = await LocalWorkspace.createStack(
      { projectName: "build-log", stackName: "build-log", program },
      {
        pulumiHome,
        pulumiCommand: await pulumiCommand(),
        envVars: {
          ...pulumiEnvironment(),
          PULUMI_BACKEND_URL: `file://${folder}`,
          PULUMI_CONFIG_PASSPHRASE: "nothing here is a secret",
        },
      },
    );
    await stack.up();
    process.stdout.write(await onHost(host, script));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main([stack, only, ...rest]: string[]): Promise<void> {
  if (stack === undefined || rest.length > 0) throw new SetupError(usage);
  const { asterisk, pis } = readSite(stack);
  if (only !== undefined && !(only in pis))
    throw new SetupError(
      `There is no Pi "${only}" in Pulumi.${stack}.yaml, only: ${Object.keys(pis).join(", ")}.`,
    );
  for (const [name, pi] of Object.entries(pis)) {
    if (only !== undefined && name !== only) continue;
    console.log(`=== ${name} (${pi.host})`);
    const host = dockerHost(stack, name, pi);
    await printLog(host, asterisk.baseImages.builder).catch((error: unknown) => {
      console.error(`${name}: ${error instanceof SetupError ? error.message : lastWords(error)}`);
      process.exitCode = 1;
    });
  }
}

runScript(main);
