import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as tar from "tar";
import { versionOfTree } from "../../../config/load";
import { splitDockerfile } from "../../../docker/context";
import { planImages } from "../../../docker/images";
import { packSource } from "../../../docker/source";

const dockerfile = readFileSync(path.join(__dirname, "../../../docker/Dockerfile"), "utf8");

describe("what the images are built from", () => {
  let folder: string;
  let tree: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "asterisk-rpi5-"));
    tree = path.join(folder, "asterisk");
    for (const name of [".git/HEAD", "out/x", "main/asterisk.c", "doc/notes.md"]) {
      mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
      writeFileSync(path.join(tree, name), name);
    }
    for (const [name, text] of Object.entries({
      ".version": "22.10.1\n",
      configure: "#!/bin/sh\n",
      "README.md": "x",
    }))
      writeFileSync(path.join(tree, name), text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const site = (directory: string) => ({
    version: "22.10.1",
    packager: "dpkg-deb" as const,
    source: { directory },
    buildNative: false,
    baseImages: { builder: "debian:bookworm", runtime: "debian:bookworm-slim" },
  });
  const plan = () => planImages(site(tree), path.join(folder, "work"));
  const packed = () => packSource(tree, path.join(folder, "packed"));

  it("leaves out of a source tree what is not Asterisk", () => {
    const names: string[] = [];
    tar.list({ file: packed().file, sync: true, onReadEntry: (entry) => names.push(entry.path) });
    assert.deepEqual(
      names,
      [".version", "configure", "doc/notes.md", "main/asterisk.c"].map((n) => `asterisk/${n}`),
    );
  });

  it("packs the same bytes from another clone of the same tree", () => {
    const other = path.join(folder, "other");
    cpSync(tree, other, { recursive: true });
    for (const name of [".version", "configure"]) utimesSync(path.join(other, name), 1, 1);
    assert.equal(packSource(other, path.join(folder, "packed")).sha256, packed().sha256);
  });

  it("gives both images another name when a source file changes, and the same when none does", () => {
    const [first, second] = [plan(), plan()];
    assert.deepEqual(first, second);
    writeFileSync(path.join(tree, "main/asterisk.c"), "changed");
    const third = plan();
    assert.notEqual(third.builder.reference, first.builder.reference);
    assert.notEqual(third.runtime.reference, first.runtime.reference);
  });

  it("names the builder image by the release and its arguments", () => {
    const work = path.join(folder, "work");
    const native = planImages({ ...site(tree), buildNative: true }, work);
    assert.match(native.builder.reference, /^asterisk-rpi5-builder:22\.10\.1-[0-9a-f]{12}$/);
    assert.notEqual(native.builder.reference, plan().builder.reference);
    assert.equal(native.builder.buildArgs.BUILD_NATIVE, "1");
  });

  it("builds the runtime image from that builder image, and labels it with the release", () => {
    const { builder, runtime } = plan();
    assert.equal(runtime.buildArgs.BUILDER, builder.reference);
    assert.equal(runtime.buildArgs.VERSION, "22.10.1");
  });

  it("hands a release's URL and sum to the build, and no tarball", () => {
    const source = { url: "https://example.org/a.tar.gz", sha256: "ab".repeat(32) };
    const { builder } = planImages({ ...site(""), source }, path.join(folder, "work"));
    assert.equal(builder.buildArgs.SOURCE_URL, source.url);
    assert.equal(builder.buildArgs.SOURCE_SHA256, source.sha256);
    assert.equal(existsSync(path.join(builder.context.path, "source")), false);
  });

  it("can be read by every user of the build, whatever the operator's umask", () => {
    const umask = process.umask(0o077);
    try {
      const { builder, runtime } = plan();
      const modeOf = (...file: string[]) => statSync(path.join(...file)).mode & 0o777;
      assert.equal(modeOf(runtime.context.path, "runtime/smoke-test.sh"), 0o644);
      assert.equal(modeOf(builder.context.path, "etc/asterisk/pjsip.conf"), 0o644);
    } finally {
      process.umask(umask);
    }
  });

  it("keeps the runtime stage out of the builder's Dockerfile, and the other way round", () => {
    const { builder, runtime } = splitDockerfile(dockerfile);
    assert.match(builder, /^ARG BUILDER_BASE/m);
    assert.match(builder, / AS builder$/m);
    assert.doesNotMatch(builder, /ENTRYPOINT/);
    assert.match(runtime, /^ARG RUNTIME_BASE/m);
    assert.match(runtime, /ENTRYPOINT/);
    assert.doesNotMatch(runtime, / AS builder$/m);
  });

  it("reads the release of a tree, and says what is wrong with one that is none", () => {
    const messageOf = (result: ReturnType<typeof versionOfTree>) =>
      typeof result === "string" ? result : result.message;
    assert.equal(versionOfTree(tree, undefined), "22.10.1");
    assert.match(
      messageOf(versionOfTree(tree, "22.11.0")),
      /is 22\.11\.0, and the source in .* is 22\.10\.1/,
    );
    assert.match(messageOf(versionOfTree(path.join(folder, "none"), undefined)), /there is no directory/);
    writeFileSync(path.join(tree, "makeopts"), "");
    assert.match(
      messageOf(versionOfTree(tree, undefined)),
      /was configured there \(makeopts\): type make distclean in it/,
    );
    rmSync(path.join(tree, "makeopts"));
    writeFileSync(path.join(tree, ".version"), "22.1.0; touch x");
    assert.match(
      messageOf(versionOfTree(tree, undefined)),
      /is no release such as 22\.11\.0: "22\.1\.0; touch x"/,
    );
    assert.match(messageOf(versionOfTree(folder, undefined)), /is no Asterisk source tree/);
  });
});
