import { homedir } from "node:os";
import { z } from "zod";
import { defaultVolumes, volumeParts } from "./volumes";

/** What may be a password, in a URL or in what was meant for one. */
const password = /:(?!\/\/)[^\s"]*@/;

/** Shows what a person wrote, short enough for one line, and without what may be a password in a URL or a private key. */
const shown = (value: unknown): string => {
  const text = (JSON.stringify(value) ?? String(value)).replace(new RegExp(password, "g"), ":...@");
  if (/PRIVATE KEY/.test(text)) return "a private key";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/** The message of a value that is missing or wrong: what was expected, what was given. */
const expected = (what: string) => ({
  error: (issue: { input?: unknown }) =>
    issue.input === undefined
      ? `is missing: expected ${what}`
      : `expected ${what}, got ${shown(issue.input)}`,
});

const text = (pattern: RegExp, what: string) => z.string(expected(what)).regex(pattern, expected(what));

/**
 * For a check that looks at several keys. Zod leaves it out where one of them is wrong by itself, and a person would be told
 * of the rest at the next try only. So it may meet any value in each of them.
 */
const always = {
  when: ({ value }: { value: unknown }) => z.record(z.string(), z.unknown()).safeParse(value).success,
};

/** A URL with a user or a password in it would end up in the image's history, so it is refused, unshown. */
const hasCredentials = (url: string): boolean => /^[a-z]+:\/\/[^\s?#]*@/i.test(url);

const url = (example: string) =>
  z
    .string(expected(`a URL such as ${example}`))
    .refine((value) => !hasCredentials(value), {
      error: "expected a URL without user and password: they would stay in the image's history",
    })
    .refine(
      (value) => hasCredentials(value) || /^https?:\/\/[^\s/]+\S*$/.test(value),
      expected(`a URL such as ${example}`),
    );

/** What Asterisk calls its releases, as it stands in their `.version`. */
export const releasePattern = /^(\d+\.\d+\.\d+|certified-\d+\.\d+-cert\d+)(-rc\d+)?$/;

const isRelease = (value: unknown): value is string =>
  typeof value === "string" && releasePattern.test(value);

const version = text(releasePattern, `a release such as "22.11.0"`);

const release = z.strictObject({
  /** Where the release tarball is, compressed with gzip. */
  url: url("https://downloads.asterisk.org/pub/telephony/asterisk/releases/asterisk-22.11.0.tar.gz"),
  /** Its SHA-256, in hexadecimal: the build stops when what was downloaded has another one. */
  sha256: text(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits (sha256sum asterisk-22.11.0.tar.gz)"),
});

const directory = z.strictObject({
  /** An Asterisk source tree on the operator's machine; a relative path starts at the project's folder, `~` is the home. */
  directory: text(/./, "the path of an Asterisk source tree, such as ../asterisk").transform((given) =>
    given.replace(/^~(?=\/|$)/, homedir()),
  ),
});

const sourceForms = "either { url, sha256 } of a release tarball or { directory } of a source tree";

/** The form is chosen by the keys that are there, so that a fault is told of that form alone. */
const formOf = (value: object) => ("directory" in value ? directory : release);

const source = z
  .record(z.string(), z.unknown(), expected(sourceForms))
  .superRefine((value, context) => {
    const fault = (message: string) => context.addIssue({ code: "custom", message });
    if (Object.keys(value).length === 0) fault(`is empty: expected ${sourceForms}`);
    else if ("directory" in value && ("url" in value || "sha256" in value))
      fault(`expected ${sourceForms}, got both`);
    else
      for (const issue of formOf(value).safeParse(value).error?.issues ?? [])
        context.addIssue({ ...issue, code: "custom", message: messageOf(issue) });
  })
  .transform((value) => formOf(value).parse(value));

const image = (example: string) =>
  text(/^[a-z0-9][\w./:-]*(@sha256:[0-9a-f]{64})?$/, `an image reference such as ${example}`);

const asterisk = z
  .strictObject(
    {
      /** The Asterisk release. Required with a tarball; with a directory it is read from the tree's `.version`. */
      version: version.optional(),
      /** What makes the .deb: FPM (a Ruby gem) or Debian's own dpkg-deb. The package is the same. */
      packager: z.enum(["fpm", "dpkg-deb"], expected("fpm or dpkg-deb")).default("fpm"),
      /** A mirror to install the FPM gem from. Default: the gem client's own source. */
      gemSource: url("https://gems.example.org").optional(),
      source,
      /** Compile for the very processor of the Docker host. Faster by little; the image then runs on that model only. */
      buildNative: z.boolean(expected("true or false")).default(false),
      /** The two Debian images that the build starts from; a digest (debian:bookworm@sha256:...) pins them. */
      baseImages: z
        .strictObject(
          {
            builder: image("debian:bookworm").default("debian:bookworm"),
            runtime: image("debian:bookworm-slim").default("debian:bookworm-slim"),
          },
          expected("{ builder, runtime }"),
        )
        .prefault({}),
    },
    expected("{ version, source: ... }"),
  )
  .superRefine(({ version, source }: { version?: unknown; source?: unknown }, context) => {
    const url = z.object({ url: z.string() }).safeParse(source).data?.url;
    if (url === undefined) return;
    const fault = (message: string) => context.addIssue({ code: "custom", path: ["version"], message });
    const named = /\/asterisk-([^/]+)\.tar/.exec(url)?.[1] ?? "";
    if (version === undefined) fault('is missing: expected a release such as "22.11.0"');
    else if (isRelease(version) && isRelease(named) && named !== version)
      fault(
        `is ${version}, and the url is that of ${named}: expected the same release in version, url and sha256`,
      );
  }, always);

const hostExample = "ssh://user@host or unix:///path";
const hostForm = /^(ssh:\/\/\w[\w.-]*@\w[\w.-]*(:\d+)?|unix:\/\/\/\S+)$/;
const isHost = (value: unknown): value is string =>
  typeof value === "string" && hostForm.test(value) && URL.canParse(value);

/** Most people give an address alone: shows them what to put around it; or leaves out what is too much. */
const hostHint = (given: unknown): string => {
  if (typeof given !== "string") return "";
  if (password.test(given)) return " (without a password: ssh takes your key)";
  const [, user = "pi@", address] =
    /^(?:\w+:\/\/)?(\w[\w.-]*@)?(\w[\w.-]*(?::\d{1,5})?)\/?$/.exec(given) ?? [];
  const right = `ssh://${user}${address}`;
  return address && right !== given ? ` (try ${right})` : "";
};

const volume = text(/^[a-zA-Z0-9][\w.-]+$/, "a volume's name such as asterisk-spool");

const pi = z
  .strictObject(
    {
      /** Where its Docker Engine is. `ssh://user@host[:port]` goes through the system's ssh, with ~/.ssh/config. */
      host: z.string(expected(hostExample)).refine(isHost, {
        error: (issue) => `expected ${hostExample}, got ${shown(issue.input)}${hostHint(issue.input)}`,
      }),
      /** The Pi's SSH host key, as it stands on the Pi in /etc/ssh/ssh_host_*_key.pub. Required with ssh://. */
      hostKey: text(
        /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/]+=*(\s.*)?$/,
        `the host's key such as "ssh-ed25519 AAAA..."`,
      )
        // Without the comment, which is mostly there: no part of the key.
        .transform((line) => line.split(/\s+/, 2).join(" "))
        .optional(),
      /** A private key for this Pi. Default: what ssh itself would use (agent, ~/.ssh/config). */
      identityFile: text(/./, "the path of a private key").optional(),
      /** Docker's names of the volumes, where they are not the stack's own: those of a container that was there before. */
      volumes: z
        .strictObject(
          {
            config: volume.default(defaultVolumes.config),
            sounds: volume.default(defaultVolumes.sounds),
            spool: volume.default(defaultVolumes.spool),
            logs: volume.default(defaultVolumes.logs),
          },
          expected("{ config, sounds, spool, logs }"),
        )
        .superRefine((names, context) => {
          for (const [part, name] of Object.entries(names))
            if (Object.values(names).filter((other) => other === name).length > 1)
              context.addIssue({
                code: "custom",
                path: [part],
                message: `is ${name}, and so is another one: expected a volume for each of config, sounds, spool and logs`,
              });
        }, always)
        .prefault({}),
      /** The id of a container `asterisk` that the stack may take over; `npm run adopt` writes it. */
      adopts: text(/^[0-9a-f]{64}$/, "a container's id (npm run adopt writes it)").optional(),
    },
    expected("{ host: ... }"),
  )
  .superRefine((value: Partial<Record<string, unknown>>, context) => {
    const fault = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    const host = isHost(value.host) ? value.host : "";
    const address = /^ssh:\/\/[^@]+@(.+)$/.exec(host)?.[1];
    if (value.hostKey === undefined && !String(value.host).startsWith("unix://"))
      fault(
        "hostKey",
        `is missing: expected the host's key such as "ssh-ed25519 AAAA..." (npm run hostkey -- ${address ?? "HOST"} shows it)`,
      );
    for (const key of ["hostKey", "identityFile"])
      if (host.startsWith("unix://") && value[key] !== undefined)
        fault(key, `goes with ssh:// only, and the host is ${host}`);
  }, always);

/** What two hosts have in common that are the same, whoever logs in there and however it is written. */
const placeOf = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^ssh:\/\/[^@]*@/, "ssh://")
    .replace(/:22$/, "");

const piName = /^[a-z][a-z0-9-]*$/;

const pis = z
  .record(
    z.string(),
    pi,
    expected("at least one Pi, such as { pbx: { host: ssh://pi@raspberrypi.local, ... } }"),
  )
  .superRefine((value: Record<string, unknown>, context) => {
    const fault = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    const names = Object.keys(value);
    if (names.length === 0) fault([], "is empty: expected at least one Pi, by name");
    for (const name of names.filter((name) => !piName.test(name)))
      fault(
        [name],
        `expected a name of lower-case letters, digits and hyphens that starts with a letter, got ${shown(name)}`,
      );
    const hosts = Object.entries(value).flatMap(([name, pi]) => {
      const { host } = z.object({ host: z.unknown() }).safeParse(pi).data ?? {};
      return isHost(host) ? [{ name, host, place: placeOf(host) }] : [];
    });
    for (const { name, host, place } of hosts) {
      const other = hosts.find((other) => other.place === place);
      if (other && other.name !== name)
        fault(
          [name, "host"],
          `is ${host}, and so is that of ${other.name}: a host has room for one Asterisk`,
        );
    }
  }, always);

/** All that a stack's file may say under `asterisk-rpi5:`. */
export const siteSchema = z.strictObject({ asterisk, pis });

/** The source tree that the input names, if it names one: whatever else is wrong with the input. */
export function directoryOf(input: {
  asterisk?: unknown;
}): { directory: string; version?: string } | undefined {
  const parsed = z.object({ source: directory, version: z.unknown().optional() }).safeParse(input.asterisk);
  if (!parsed.success) return undefined;
  const { source, version } = parsed.data;
  return { directory: source.directory, version: isRelease(version) ? version : undefined };
}

export type Site = z.infer<typeof siteSchema>;
export type AsteriskConfig = Site["asterisk"];
export type PiConfig = Site["pis"][string];

/** The keys of each object that has a fixed set of them, for the message about an unknown one. */
const knownKeys: Record<string, string[]> = {
  "": Object.keys(siteSchema.shape),
  asterisk: Object.keys(asterisk.shape),
  "asterisk.source": [...Object.keys(release.shape), ...Object.keys(directory.shape)],
  "asterisk.baseImages": ["builder", "runtime"],
  "pis.*": Object.keys(pi.shape),
  "pis.*.volumes": [...volumeParts],
};

function messageOf(issue: { code?: string; message: string; keys?: string[]; path: PropertyKey[] }): string {
  return issue.code === "unrecognized_keys" ? `unknown key ${issue.keys?.join(", ")}` : issue.message;
}

/** One fault of a site's configuration: where it is, and what is wrong with it. */
export interface Fault {
  path: string;
  message: string;
}

/** The message for a stack's file with faults in it: all of them, each with its path. */
export function faultsMessage(stack: string, faults: Fault[]): string {
  const lines = faults.map(
    ({ path, message }) => `  ${[`asterisk-rpi5:${path}`.replace(/:$/, ""), message].join(": ")}`,
  );
  return [`Pulumi.${stack}.yaml is not valid:`, ...lines].join("\n");
}

/** The site that `input` describes, or every fault that it has. Pure: reads no file, asks no host. */
export function parseSite(input: unknown): { site: Site } | { faults: Fault[] } {
  const parsed = siteSchema.safeParse(input);
  if (parsed.success) return { site: parsed.data };
  return {
    faults: parsed.error.issues.map((issue) => {
      const path = issue.path.map(String).join(".");
      const known = knownKeys[path.replace(/^pis\.[^.]+/, "pis.*")];
      const unknownKey = issue.code === "unrecognized_keys" || issue.message.startsWith("unknown key");
      return {
        path,
        message: unknownKey && known ? `${messageOf(issue)} (known: ${known.join(", ")})` : messageOf(issue),
      };
    }),
  };
}
