/** What Asterisk keeps, each in a volume of its own, and where Asterisk has it. */
export const volumePaths = {
  config: "/etc/asterisk",
  sounds: "/var/lib/asterisk/sounds",
  spool: "/var/spool/asterisk",
  logs: "/var/log/asterisk",
} as const;

export type VolumePart = keyof typeof volumePaths;

/** Docker's names of a Pi's volumes. */
export type VolumeNames = Record<VolumePart, string>;

export const volumeParts = ["config", "sounds", "spool", "logs"] as const satisfies VolumePart[];

/** The stack's own names for them. */
export const defaultVolumes: VolumeNames = {
  config: "asterisk-config",
  sounds: "asterisk-sounds",
  spool: "asterisk-spool",
  logs: "asterisk-logs",
};
