import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { LoadedSite } from "../config/load";
import type { BuildContext } from "../docker/context";
import type { DockerHost } from "../host/dockerHost";
import type { Facts } from "../host/facts";
import { platformOf } from "../host/rules";
import { AsteriskContainer, containerName } from "./asteriskContainer";
import { BuilderImage, builderReference } from "./builderImage";
import { NamedVolumes } from "./namedVolumes";
import { RuntimeImage } from "./runtimeImage";
import { Verification } from "./verification";

export interface AsteriskPiArgs {
  asterisk: LoadedSite["asterisk"];
  host: DockerHost;
  /** What the host says of itself, read before anything is registered. */
  facts: Facts;
  contexts: { builder: BuildContext; runtime: BuildContext };
  sourceSha256: string;
}

/** The commands that a person types to look after one PBX. */
export interface Operate {
  console: string;
  logs: string;
  version: string;
}

/** One Docker host with Asterisk on it: built there from source, and running. */
export class AsteriskPi extends pulumi.ComponentResource {
  readonly imageId: pulumi.Output<string>;
  readonly imageTag: pulumi.Output<string>;
  readonly asteriskVersion: pulumi.Output<string>;
  readonly containerId: pulumi.Output<string>;
  readonly operate: Operate;

  constructor(name: string, args: AsteriskPiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:AsteriskPi", name, {}, opts);

    const provider = new docker.Provider(
      `${name}-docker`,
      { host: args.host.uri, sshOpts: args.host.sshOpts },
      { parent: this },
    );
    const onHost = { parent: this, providers: [provider] };

    const platform = platformOf(args.facts);
    if (platform === undefined) throw new Error(`no platform for ${args.facts.machine}: the rules let it pass`);

    const builder = new BuilderImage(
      `${name}-builder`,
      {
        asterisk: args.asterisk,
        context: args.contexts.builder,
        sourceSha256: args.sourceSha256,
        platform,
        images: args.facts.images,
      },
      onHost,
    );
    const runtime = new RuntimeImage(
      `${name}-runtime`,
      {
        version: args.asterisk.version,
        context: args.contexts.runtime,
        builderReference: builderReference({
          asterisk: args.asterisk,
          context: args.contexts.builder,
          sourceSha256: args.sourceSha256,
        }),
        base: args.asterisk.baseImages.runtime,
      },
      { ...onHost, dependsOn: builder },
    );
    const volumes = new NamedVolumes(`${name}-volumes`, onHost);
    const container = new AsteriskContainer(
      `${name}-asterisk`,
      { imageId: runtime.imageId, mounts: volumes.mounts },
      onHost,
    );
    const verification = new Verification(
      `${name}-verification`,
      { host: args.host, containerId: container.containerId, version: args.asterisk.version },
      { parent: this },
    );

    this.imageId = runtime.imageId;
    this.imageTag = runtime.reference;
    this.asteriskVersion = verification.asteriskVersion;
    this.containerId = container.containerId;
    this.operate = {
      console: args.host.interactive(`docker exec -it ${containerName} asterisk -rvvv`),
      logs: args.host.interactive(`docker logs -f ${containerName}`),
      version: args.host.interactive(`docker exec ${containerName} asterisk -rx 'core show version'`),
    };
    this.registerOutputs({
      imageId: this.imageId,
      imageTag: this.imageTag,
      asteriskVersion: this.asteriskVersion,
      containerId: this.containerId,
      operate: this.operate,
    });
  }
}
