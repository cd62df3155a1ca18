import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** Docker's name for each volume, and where Asterisk has it. The image's own files fill an empty volume at first. */
export const volumePaths = {
  "asterisk-config": "/etc/asterisk",
  "asterisk-sounds": "/var/lib/asterisk/sounds",
  "asterisk-spool": "/var/spool/asterisk",
  "asterisk-logs": "/var/log/asterisk",
} as const;

/** A volume in a container: as docker.Container wants it. */
export interface Mount {
  volumeName: pulumi.Output<string>;
  containerPath: string;
}

/** All that Asterisk keeps: configuration, sounds, voicemail and database, logs. Never deleted by the stack. */
export class NamedVolumes extends pulumi.ComponentResource {
  readonly mounts: Mount[];

  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("asterisk-rpi5:index:NamedVolumes", name, {}, opts);

    this.mounts = Object.entries(volumePaths).map(([volume, containerPath]) => ({
      containerPath,
      volumeName: new docker.Volume(
        `${name}-${volume.replace(/^asterisk-/, "")}`,
        { name: volume },
        // `destroy` must leave voicemail alone; the next `up` takes a volume of that name as it is.
        { parent: this, retainOnDelete: true },
      ).name,
    }));

    this.registerOutputs({});
  }
}
