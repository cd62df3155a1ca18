import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type VolumeNames, volumeParts, volumePaths } from "../config/volumes";

export interface NamedVolumesArgs {
  names: VolumeNames;
}

/** A volume in a container: as docker.Container wants it. */
export interface Mount {
  volumeName: pulumi.Output<string>;
  containerPath: string;
}

/** All that Asterisk keeps: configuration, sounds, voicemail and database, logs. Never deleted by the stack. */
export class NamedVolumes extends pulumi.ComponentResource {
  readonly mounts: Mount[];

  constructor(name: string, { names }: NamedVolumesArgs, opts: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:NamedVolumes", name, {}, opts);

    // The image's own files fill an empty volume at first.
    this.mounts = volumeParts.map((part) => ({
      containerPath: volumePaths[part],
      volumeName: new docker.Volume(
        `${name}-${part}`,
        { name: names[part] },
        {
          parent: this,
          // `destroy` must leave voicemail alone; the next `up` takes a volume of that name as it is,
          retainOnDelete: true,
          // whoever made it: docker compose leaves labels on what it makes.
          ignoreChanges: ["labels", "driver", "driverOpts"],
        },
      ).name,
    }));

    this.registerOutputs({});
  }
}
