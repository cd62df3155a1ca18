import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AsteriskPi } from "../../../components/asteriskPi";
import { defaultVolumes, volumeParts, volumePaths } from "../../../config/volumes";
import { dockerHost } from "../../../host/dockerHost";
import type { Facts } from "../../../host/facts";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4GmTHg7cfMuZW8ZxkeGn3wOyoz4hEJ0KS4hVt2Zc5v";

const images = {
  builder: {
    reference: "asterisk-rpi5-builder:22.10.1-aaaaaaaaaaaa",
    context: { path: ".pulumi/context/builder-1", digest: "1" },
    buildArgs: { VERSION: "22.10.1" },
  },
  runtime: {
    reference: "asterisk-rpi5:22.10.1-bbbbbbbbbbbb",
    context: { path: ".pulumi/context/runtime-2", digest: "2" },
    buildArgs: { BUILDER: "asterisk-rpi5-builder:22.10.1-aaaaaaaaaaaa" },
  },
};

const generation = "2026-01-01T00:00:00.000Z";
const container = {
  id: "c0ffee",
  name: "asterisk",
  status: "running",
  image: "sha256:runtime",
  labels: { "asterisk-rpi5.image": "runtime", "asterisk-rpi5.container": generation },
  mounts: volumeParts.map((part) => ({
    Type: "volume",
    Destination: volumePaths[part],
    Name: defaultVolumes[part],
    Source: "",
  })),
  user: "asterisk",
  autoRemove: false,
};
const facts: Facts = {
  machine: "aarch64",
  dockerArch: "arm64",
  clockSkew: 0,
  memoryKiB: 8_000_000,
  images: {},
  volumes: [],
  listeners: [],
  container,
  verified: container.id,
};

/** What is known of one registered resource: who it belongs to, what it is made of, what its options are. */
interface Registered {
  type: string;
  parent?: string;
  inputs: Record<string, unknown>;
  options: pulumi.ResourceOptions & pulumi.CustomResourceOptions;
}

const outputsOf: Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>> = {
  "pulumi:providers:docker": () => ({}),
  "docker:index/image:Image": () => ({ repoDigest: "sha256:builder" }),
  "docker:index/remoteImage:RemoteImage": () => ({ imageId: "sha256:runtime" }),
  "docker:index/volume:Volume": () => ({}),
  "docker:index/container:Container": () => ({}),
  "command:local:Command": () => ({ stdout: "22.10.1" }),
};

const nameOf = (resource: pulumi.Resource | undefined): Promise<string | undefined> =>
  resource === undefined
    ? Promise.resolve(undefined)
    : new Promise((resolve) => resource.urn.apply((urn) => resolve(urn.split("::").at(-1))));

/** Registers a Pi with Pulumi's mocks. A resource of a type that is not expected makes it fail. */
async function register(piFacts: Facts = facts) {
  const inputs = new Map<string, Record<string, unknown>>();
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs: given }) => {
      const outputs = outputsOf[type];
      if (!type.startsWith("asterisk-rpi5:") && outputs === undefined)
        throw new Error(`unexpected resource ${type}`);
      inputs.set(name, given);
      return { id: `${name}-id`, state: { ...given, ...outputs?.(given) } };
    },
    call: ({ token }) => {
      throw new Error(`unexpected call ${token}`);
    },
  });
  const seen: { name: string; type: string; opts: Registered["options"] }[] = [];
  const pi = new AsteriskPi(
    "pbx",
    {
      version: "22.10.1",
      images,
      host: dockerHost("s", "pbx", { host: "ssh://pi@pbx.local", hostKey }),
      volumes: defaultVolumes,
      facts: piFacts,
      recorded: container.id,
    },
    {
      transformations: [
        ({ name, type, opts }) => {
          seen.push({ name, type, opts });
          return undefined;
        },
      ],
    },
  );
  const outputs = await new Promise<pulumi.Unwrap<typeof pi.outputs>>((resolve) =>
    pulumi.output(pi.outputs).apply(resolve),
  );
  const resources: Record<string, Registered> = {};
  for (const { name, type, opts } of seen)
    resources[name] = {
      type,
      parent: await nameOf(opts.parent),
      inputs: inputs.get(name) ?? {},
      options: opts,
    };
  return { resources, outputs };
}

describe("a Pi with Asterisk", () => {
  it("registers just these resources, each below its parent", async () => {
    const { resources } = await register();
    const tree = Object.fromEntries(
      Object.entries(resources).map(([name, r]) => [name, `${r.parent} ${r.type}`]),
    );
    assert.deepEqual(tree, {
      pbx: "undefined asterisk-rpi5:index:AsteriskPi",
      "pbx-docker": "pbx pulumi:providers:docker",
      "pbx-builder": "pbx asterisk-rpi5:index:BuilderImage",
      "pbx-builder-image": "pbx-builder docker:index/image:Image",
      "pbx-runtime": "pbx asterisk-rpi5:index:RuntimeImage",
      "pbx-runtime-image": "pbx-runtime docker:index/remoteImage:RemoteImage",
      "pbx-volumes": "pbx asterisk-rpi5:index:NamedVolumes",
      "pbx-volumes-config": "pbx-volumes docker:index/volume:Volume",
      "pbx-volumes-sounds": "pbx-volumes docker:index/volume:Volume",
      "pbx-volumes-spool": "pbx-volumes docker:index/volume:Volume",
      "pbx-volumes-logs": "pbx-volumes docker:index/volume:Volume",
      "pbx-handover": "pbx asterisk-rpi5:index:Handover",
      "pbx-handover-command": "pbx-handover command:local:Command",
      "pbx-asterisk": "pbx asterisk-rpi5:index:AsteriskContainer",
      "pbx-asterisk-container": "pbx-asterisk docker:index/container:Container",
      "pbx-verification": "pbx asterisk-rpi5:index:Verification",
      "pbx-verification-command": "pbx-verification command:local:Command",
    });
  });

  it("reaches its engine over ssh with the same options as everything else", async () => {
    const { resources } = await register();
    const { inputs } = resources["pbx-docker"] ?? assert.fail();
    assert.equal(inputs.host, "ssh://pi@pbx.local");
    assert.ok(String(inputs.sshOpts).includes(`KnownHostsCommand=/bin/echo %H ${hostKey}`));
  });

  it("keeps every volume, whatever becomes of the stack", async () => {
    const { resources } = await register();
    const volumes = Object.values(resources).filter(({ type }) => type === "docker:index/volume:Volume");
    assert.deepEqual(
      volumes.map(({ options, inputs }) => [inputs.name, options.retainOnDelete, options.ignoreChanges]),
      ["config", "sounds", "spool", "logs"].map((volume) => [
        `asterisk-${volume}`,
        true,
        ["labels", "driver", "driverOpts"],
      ]),
    );
  });

  it("uploads the build context when nothing else goes to the host any more", async () => {
    const { resources } = await register();
    const { dependsOn } = resources["pbx-builder"]?.options ?? {};
    assert.equal(pulumi.Resource.isInstance(dependsOn) && (await nameOf(dependsOn)), "pbx-volumes");
  });

  it("builds for the host's platform, on the host, in its own time", async () => {
    const { resources } = await register();
    const builder = resources["pbx-builder-image"] ?? assert.fail();
    assert.deepEqual(builder.inputs.build, {
      context: ".pulumi/context/builder-1",
      dockerfile: ".pulumi/context/builder-1/Dockerfile",
      target: "builder",
      platform: "linux/arm64",
      builderVersion: "BuilderBuildKit",
      args: {
        VERSION: "22.10.1",
        GENERATION: (builder.inputs.build as { args: Record<string, string> }).args.GENERATION,
        BUILDKIT_INLINE_CACHE: "1",
      },
    });
    assert.deepEqual(builder.options.customTimeouts, { create: "3h", update: "3h" });

    const runtime = resources["pbx-runtime-image"] ?? assert.fail();
    assert.equal((runtime.inputs.build as Record<string, unknown>).useLegacyBuilder, true);
    assert.deepEqual([builder.options.retainOnDelete, runtime.options.retainOnDelete], [true, true]);
    assert.deepEqual(runtime.options.customTimeouts, { create: "1h", update: "1h" });
  });

  it("builds a builder image anew only when the host has lost it", async () => {
    const generationOf = async (piFacts: Facts) => {
      const { resources } = await register(piFacts);
      return (resources["pbx-builder-image"]?.inputs.build as { args: Record<string, string> }).args
        .GENERATION;
    };
    const there = { ...facts, images: { [images.builder.reference]: "2026-01-01T00:00:00.000Z" } };
    assert.equal(await generationOf(there), "2026-01-01T00:00:00.000Z");
    assert.notEqual(await generationOf(facts), "2026-01-01T00:00:00.000Z");
  });

  it("lets a builder image that was loaded stand for the build cache, where the image store can", async () => {
    const cacheOf = async (imageStore: string, found: Facts["images"]) => {
      const { resources } = await register({ ...facts, imageStore, images: found });
      const { inputs, options } = resources["pbx-builder-image"] ?? assert.fail();
      assert.deepEqual(options.ignoreChanges, ["build.cacheFrom"]);
      return (inputs.build as Record<string, unknown>).cacheFrom;
    };
    const there = { [images.builder.reference]: generation };
    assert.deepEqual(await cacheOf("overlay2", there), { images: [images.builder.reference] });
    assert.equal(await cacheOf("overlay2", {}), undefined);
    assert.equal(await cacheOf("overlayfs", there), undefined);
  });

  it("runs the container on the host's network, with a terminal, few rights and a read-only root", async () => {
    const { resources } = await register();
    const { inputs, options } = resources["pbx-asterisk-container"] ?? assert.fail();
    assert.deepEqual(inputs, {
      name: "asterisk",
      labels: [{ label: "asterisk-rpi5.container", value: generation }],
      image: "sha256:runtime",
      networkMode: "host",
      restart: "unless-stopped",
      volumes: [
        { volumeName: "asterisk-config", containerPath: "/etc/asterisk" },
        { volumeName: "asterisk-sounds", containerPath: "/var/lib/asterisk/sounds" },
        { volumeName: "asterisk-spool", containerPath: "/var/spool/asterisk" },
        { volumeName: "asterisk-logs", containerPath: "/var/log/asterisk" },
      ],
      tty: true,
      stdinOpen: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges"],
      readOnly: true,
      tmpfs: { "/var/run/asterisk": "uid=999,gid=999,mode=0755", "/tmp": "" },
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      wait: true,
      waitTimeout: 120,
      stopTimeout: 30,
      destroyGraceSeconds: 30,
    });
    assert.equal(options.deleteBeforeReplace, true);
  });

  it("makes room for a new container when none runs that is ours and verified, and leaves a good one alone", async () => {
    const found = async (change: Partial<Facts>) => {
      const { resources } = await register({ ...facts, ...change });
      const label = JSON.stringify(resources["pbx-asterisk-container"]?.inputs.labels);
      const { inputs, options } = resources["pbx-handover-command"] ?? assert.fail();
      const { create, triggers } = inputs;
      assert.match(
        String(create),
        /^ssh .* sha256:runtime none asterisk-config:\/etc\/asterisk asterisk-sounds:/,
      );
      const stays = JSON.stringify(triggers).includes(generation);
      // Whatever else changes: the script must not take away a container that stays.
      assert.deepEqual(options.ignoreChanges, stays ? ["create", "stdin"] : []);
      return [label.includes(generation), stays];
    };
    assert.deepEqual(await found({}), [true, true]);
    for (const change of [
      { container: undefined },
      { container: { ...container, status: "exited" } },
      { container: { ...container, labels: {} } },
      { container: { ...container, name: "mine" } },
      { container: { ...container, mounts: container.mounts.slice(1) } },
      { verified: "another" },
      // Of a restored card, or of another state: verified, and not the one that this stack has recorded.
      { container: { ...container, id: "another" }, verified: "another" },
    ])
      assert.deepEqual(await found(change), [false, false]);
  });

  it("verifies each new container, and shows how to operate it", async () => {
    const { resources, outputs } = await register();
    const { inputs } = resources["pbx-verification-command"] ?? assert.fail();
    assert.deepEqual(inputs.triggers, ["pbx-asterisk-container-id", "22.10.1"]);
    assert.match(
      String(inputs.create),
      /^ssh .* pi@pbx\.local 'sh -s --' pbx-asterisk-container-id 22\.10\.1$/,
    );
    assert.deepEqual(outputs, {
      imageId: "sha256:runtime",
      imageTag: "asterisk-rpi5:22.10.1-bbbbbbbbbbbb",
      asteriskVersion: "22.10.1",
      containerId: "pbx-asterisk-container-id",
      operate: {
        console: "ssh -t pi@pbx.local 'docker exec -it asterisk asterisk -rvvv'",
        logs: "ssh -t pi@pbx.local 'docker logs -f asterisk'",
        version: `ssh -t pi@pbx.local 'docker exec asterisk asterisk -rx '\\''core show version'\\'''`,
      },
    });
  });
});
