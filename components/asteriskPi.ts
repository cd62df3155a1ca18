import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { VolumeNames } from "../config/volumes";
import type { ImagePlans } from "../docker/images";
import type { DockerHost } from "../host/dockerHost";
import type { Facts } from "../host/facts";
import { platformOf } from "../host/rules";
import { AsteriskContainer, containerName, runningGeneration } from "./asteriskContainer";
import { BuilderImage } from "./builderImage";
import { Handover } from "./handover";
import { NamedVolumes } from "./namedVolumes";
import { RuntimeImage } from "./runtimeImage";
import { Verification } from "./verification";

export interface AsteriskPiArgs {
  /** The Asterisk release that is built and runs. */
  version: string;
  images: ImagePlans;
  host: DockerHost;
  volumes: VolumeNames;
  /** The id of a container of somebody else's that the stack takes over. */
  adopts?: string;
  /** What the host says of itself, read before anything is registered. */
  facts: Facts;
  /** The id of the container that the stack's state has (see engine.ts). */
  recorded?: string;
}

/** The commands that a person types to look after one PBX. */
export interface Operate {
  console: string;
  logs: string;
  version: string;
}

/** One Docker host with Asterisk on it: built there from source, and running. */
export class AsteriskPi extends pulumi.ComponentResource {
  /** What a stack shows of this Pi. */
  readonly outputs: {
    imageId: pulumi.Output<string>;
    imageTag: pulumi.Output<string>;
    asteriskVersion: pulumi.Output<string>;
    containerId: pulumi.Output<string>;
    operate: Operate;
  };

  constructor(name: string, args: AsteriskPiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:AsteriskPi", name, {}, opts);

    const provider = new docker.Provider(
      `${name}-docker`,
      { host: args.host.uri, sshOpts: args.host.sshOpts },
      { parent: this },
    );
    const onHost = { parent: this, providers: [provider] };

    const platform = platformOf(args.facts);
    if (platform === undefined)
      throw new Error(`no platform for ${args.facts.dockerArch}: the rules let it pass`);

    const volumes = new NamedVolumes(`${name}-volumes`, { names: args.volumes }, onHost);
    const { builder: builderPlan, runtime: runtimePlan } = args.images;
    const builder = new BuilderImage(
      `${name}-builder`,
      {
        plan: builderPlan,
        platform,
        generation: args.facts.images[builderPlan.reference],
        imageStore: args.facts.imageStore,
      },
      // The upload of its context fills a slow line for minutes, and a connection has ten sessions at most (sshd's MaxSessions):
      // nothing else is under way meanwhile.
      { ...onHost, dependsOn: volumes },
    );
    const runtime = new RuntimeImage(
      `${name}-runtime`,
      { plan: runtimePlan },
      { ...onHost, dependsOn: builder },
    );
    const running = runningGeneration(args.facts, args.volumes, args.recorded);
    const generation = running ?? new Date().toISOString();
    const { host, adopts } = args;
    const { mounts } = volumes;
    const handover = new Handover(
      `${name}-handover`,
      { host, imageId: runtime.imageId, mounts, generation, stays: running !== undefined, adopts },
      // Its script runs the image, and the old container runs until there is a new one to start.
      { parent: this, dependsOn: runtime },
    );
    const container = new AsteriskContainer(
      `${name}-asterisk`,
      { imageId: runtime.imageId, mounts, generation },
      { ...onHost, dependsOn: handover },
    );
    const verification = new Verification(
      `${name}-verification`,
      { host: args.host, containerId: container.containerId, version: args.version },
      { parent: this },
    );

    this.outputs = {
      imageId: runtime.imageId,
      imageTag: runtime.reference,
      asteriskVersion: verification.asteriskVersion,
      containerId: container.containerId,
      operate: {
        console: args.host.interactive(`docker exec -it ${containerName} asterisk -rvvv`),
        logs: args.host.interactive(`docker logs -f ${containerName}`),
        version: args.host.interactive(`docker exec ${containerName} asterisk -rx 'core show version'`),
      },
    };
    this.registerOutputs(this.outputs);
  }
}
