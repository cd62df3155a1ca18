import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { directoryOf, faultsMessage, parseSite } from "../../../config/schema";
import { defaultVolumes } from "../../../config/volumes";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4GmTHg7cfMuZW8ZxkeGn3wOyoz4hEJ0KS4hVt2Zc5v";
const release = { url: "https://example.org/asterisk-22.11.0.tar.gz", sha256: "3b".repeat(32) };
const asterisk = { version: "22.11.0", source: release };
const pis = { pbx: { host: "ssh://pi@raspberrypi.local", hostKey } };

const faultsOf = (input: unknown): string[] => {
  const parsed = parseSite(input);
  return "faults" in parsed ? parsed.faults.map(({ path, message }) => `${path}: ${message}`) : [];
};

describe("the configuration of a site", () => {
  it("fills in what a person leaves out", () => {
    const parsed = parseSite({ asterisk, pis });
    assert.ok("site" in parsed);
    assert.deepEqual(parsed.site, {
      asterisk: {
        ...asterisk,
        packager: "fpm",
        buildNative: false,
        baseImages: { builder: "debian:bookworm", runtime: "debian:bookworm-slim" },
      },
      pis: { pbx: { ...pis.pbx, volumes: defaultVolumes } },
    });
  });

  it("wants a volume of its own for each thing that Asterisk keeps, and takes part of their names from the default", () => {
    const volumes = { config: "pi_asterisk-config", logs: "asterisk-spool", sound: "x" };
    assert.deepEqual(faultsOf({ asterisk, pis: { pbx: { ...pis.pbx, volumes } } }), [
      "pis.pbx.volumes: unknown key sound (known: config, sounds, spool, logs)",
      "pis.pbx.volumes.spool: is asterisk-spool, and so is another one: expected a volume for each of config, sounds, spool and logs",
      "pis.pbx.volumes.logs: is asterisk-spool, and so is another one: expected a volume for each of config, sounds, spool and logs",
    ]);
  });

  it("takes a source tree without a version, and a socket without a key", () => {
    const input = {
      asterisk: { source: { directory: "../asterisk" } },
      pis: { here: { host: "unix:///var/run/docker.sock" } },
    };
    assert.deepEqual(faultsOf(input), []);
  });

  for (const version of ["22.11.0", "23.0.0-rc1", "certified-20.7-cert5"])
    it(`knows ${version} as a release`, () => {
      const source = { ...release, url: `https://example.org/asterisk-${version}.tar.gz` };
      assert.deepEqual(faultsOf({ asterisk: { source, version }, pis }), []);
    });

  it("accepts the example that comes with the project", () => {
    const file = readFileSync(path.join(__dirname, "../../../Pulumi.rpi5.yaml"), "utf8");
    const { config } = parse(file) as { config: Record<string, unknown> };
    const input = Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.split(":")[1], value]),
    );
    assert.deepEqual(faultsOf(input), []);
  });

  it("takes a host key as it stands in its file on the Pi, with a comment, which is no part of it", () => {
    const parsed = parseSite({
      asterisk,
      pis: { pbx: { ...pis.pbx, hostKey: `${hostKey} root@raspberrypi` } },
    });
    assert.equal("site" in parsed && parsed.site.pis.pbx?.hostKey, hostKey);
  });

  it("tells every fault at once, with its path, what was given and a good value", () => {
    const faults = faultsOf({
      asterisk: { version: "latest", packager: "rpm", source: { url: "ftp:x", sha256: "abc" }, packgaer: 1 },
      pis: { Front: { host: "10.0.0.5" }, back: { host: "ssh://pi@10.0.0.6" } },
      asterix: {},
    });
    assert.deepEqual(faults.sort(), [
      ": unknown key asterix (known: asterisk, pis)",
      'asterisk.packager: expected fpm or dpkg-deb, got "rpm"',
      'asterisk.source.sha256: expected 64 lower-case hexadecimal digits (sha256sum asterisk-22.11.0.tar.gz), got "abc"',
      'asterisk.source.url: expected a URL such as https://downloads.asterisk.org/pub/telephony/asterisk/releases/asterisk-22.11.0.tar.gz, got "ftp:x"',
      'asterisk.version: expected a release such as "22.11.0", got "latest"',
      "asterisk: unknown key packgaer (known: version, packager, gemSource, source, buildNative, baseImages)",
      'pis.Front.host: expected ssh://user@host or unix:///path, got "10.0.0.5" (try ssh://pi@10.0.0.5)',
      'pis.Front.hostKey: is missing: expected the host\'s key such as "ssh-ed25519 AAAA..." (npm run hostkey -- HOST shows it)',
      'pis.Front: expected a name of lower-case letters, digits and hyphens that starts with a letter, got "Front"',
      'pis.back.hostKey: is missing: expected the host\'s key such as "ssh-ed25519 AAAA..." (npm run hostkey -- 10.0.0.6 shows it)',
    ]);
  });

  it("tells what is wrong with several keys together also where one of them is wrong by itself", () => {
    const faults = faultsOf({
      asterisk: { source: { ...release, sha256: "zz" }, packager: 1 },
      pis: {
        Front: { host: "ssh://pi@10.0.0.5", identityFile: 5, volumes: { config: 7, logs: "asterisk-spool" } },
        back: { host: "ssh://pi@10.0.0.5", hostKey: true },
        here: { host: "unix:///x.sock", hostKey, buildNative: true },
      },
    });
    assert.deepEqual(faults.map((fault) => fault.replace(/(is|got|expected) .*/, "$1 ...")).sort(), [
      "asterisk.packager: expected ...",
      "asterisk.source.sha256: expected ...",
      "asterisk.version: is ...",
      "pis.Front.hostKey: is ...",
      "pis.Front.identityFile: expected ...",
      "pis.Front.volumes.config: expected ...",
      "pis.Front.volumes.logs: is ...",
      "pis.Front.volumes.spool: is ...",
      "pis.Front: expected ...",
      "pis.back.host: is ...",
      "pis.back.hostKey: expected ...",
      "pis.here.hostKey: goes with ssh:// only, and the host is ...",
      "pis.here: unknown key buildNative (known: host, hostKey, identityFile, volumes, adopts)",
    ]);
  });

  const wrong: [what: string, input: unknown, fault: string][] = [
    ["nothing at all", {}, "asterisk: is missing: expected { version, source: ... }"],
    ["no Pi", { asterisk, pis: {} }, "pis: is empty: expected at least one Pi, by name"],
    ["a version that YAML read as a number", { asterisk: { ...asterisk, version: 22.1 }, pis }, "got 22.1"],
    ["a tarball without its release", { asterisk: { source: release }, pis }, "asterisk.version: is missing"],
    [
      "a tarball without its sum",
      { asterisk: { ...asterisk, source: { url: release.url } }, pis },
      "sha256: is missing",
    ],
    [
      "an empty source",
      { asterisk: { ...asterisk, source: {} }, pis },
      "asterisk.source: is empty: expected either",
    ],
    [
      "a release that is not the tarball's",
      { asterisk: { ...asterisk, version: "22.10.1" }, pis },
      "asterisk.version: is 22.10.1, and the url is that of 22.11.0",
    ],
    [
      "the same host twice, however it is written",
      { asterisk, pis: { ...pis, door: { host: "ssh://root@RaspberryPi.local:22", hostKey } } },
      "and so is that of pbx: a host has room for one Asterisk",
    ],
    [
      "a host without its key, by the command that shows it",
      { asterisk, pis: { pbx: { host: "ssh://pi@10.0.0.5:2222" } } },
      "(npm run hostkey -- 10.0.0.5:2222 shows it)",
    ],
    [
      "a host without ssh://",
      { asterisk, pis: { pbx: { host: "admin@10.0.0.5", hostKey } } },
      "(try ssh://admin@10.0.0.5)",
    ],
    [
      "a host with more than an address",
      { asterisk, pis: { pbx: { host: "ssh://pi@10.0.0.5/", hostKey } } },
      'got "ssh://pi@10.0.0.5/" (try ssh://pi@10.0.0.5)',
    ],
    ["two sources", { asterisk: { ...asterisk, source: { ...release, directory: ".." } }, pis }, "got both"],
    [
      "a key for a socket",
      { asterisk, pis: { a: { host: "unix:///x.sock", hostKey } } },
      "goes with ssh:// only",
    ],
    [
      "an image that is none",
      { asterisk: { ...asterisk, baseImages: { builder: "Debian!" } }, pis },
      "baseImages.builder",
    ],
    [
      "a truth in quotes",
      { asterisk: { ...asterisk, buildNative: "yes" }, pis },
      'expected true or false, got "yes"',
    ],
  ];
  for (const [what, input, fault] of wrong)
    it(`refuses ${what}`, () => {
      const faults = faultsOf(input);
      assert.ok(
        faults.some((message) => message.includes(fault)),
        faults.join("\n"),
      );
    });

  for (const [what, input] of Object.entries({
    "a tarball's URL": {
      asterisk: { ...asterisk, source: { ...release, url: "https://me:hunter2@x/a" } },
      pis,
    },
    "a URL in capitals": {
      asterisk: { ...asterisk, source: { ...release, url: "HTTPS://me:hun/ter2@x/a" } },
      pis,
    },
    "a URL in the wrong place": { asterisk: { ...asterisk, source: "https://me:hunter2@x/a" }, pis },
    "a Pi's host without ssh://": { asterisk, pis: { pbx: { host: "pi:hunter2@10.0.0.5", hostKey } } },
    "a Pi's host": { asterisk, pis: { pbx: { host: "ssh://pi:hunter2@10.0.0.5", hostKey } } },
    "a Pi's host with too much before it": {
      asterisk,
      pis: { pbx: { host: "ssh://pi:h@hunter2@10.0.0.5", hostKey } },
    },
  }))
    it(`refuses a password in ${what}, and never shows it`, () => {
      const faults = faultsOf(input);
      assert.equal(faults.length, 1);
      assert.doesNotMatch(faults.join(), /hun.?ter2/);
    });

  it("never shows a private key that was taken for the host's", () => {
    const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n";
    const faults = faultsOf({ asterisk, pis: { pbx: { ...pis.pbx, hostKey: privateKey } } });
    assert.match(faults.join(), /got a private key$/);
    assert.doesNotMatch(faults.join(), /b3Blbn/);
  });

  it("finds the home of whoever runs in the path of a source tree", () => {
    const parsed = parseSite({ asterisk: { source: { directory: "~/asterisk" } }, pis });
    assert.deepEqual("site" in parsed && parsed.site.asterisk.source, { directory: `${homedir()}/asterisk` });
  });

  it("finds the source tree whatever else is wrong, and the release that is expected there", () => {
    const source = { directory: "../asterisk" };
    assert.deepEqual(directoryOf({ asterisk: { source } }), { ...source, version: undefined });
    assert.deepEqual(directoryOf({ asterisk: { source, version: "22" } }), { ...source, version: undefined });
    assert.deepEqual(directoryOf({ asterisk: { source, version: "22.1.0", packager: 1 } }), {
      ...source,
      version: "22.1.0",
    });
    assert.equal(directoryOf({ asterisk: { source: release } }), undefined);
  });

  it("names the stack's file above its faults", () => {
    const message = faultsMessage("office", [{ path: "pis.pbx.host", message: "expected x" }]);
    assert.equal(message, "Pulumi.office.yaml is not valid:\n  asterisk-rpi5:pis.pbx.host: expected x");
  });
});
