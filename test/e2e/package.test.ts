import assert from "node:assert/strict";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import http from "node:http";
import path from "node:path";
import execa from "execa";
import { z } from "zod";
import type { ImagePlan } from "../../docker/images";
import { localDockerHost } from "../../scripts/setup/engine";
import { projectDir, pulumiDir } from "../../scripts/setup/paths";
import { buildImage, plannedImages } from "./builder";

const tag = "asterisk-rpi5-package-test";

/** Builds the builder image of the plan, on this machine's engine. */
const build = (plan: ImagePlan, name: string, args: Record<string, string> = {}, ...options: string[]) =>
  buildImage(localDockerHost, plan, `${tag}:${name}`, args, "--target=builder", ...options);

/** Runs a command in the builder image, beside its package. */
async function inBuilder(name: string, command: string): Promise<string> {
  const { stdout } = await execa("docker", [
    "--host",
    localDockerHost,
    "run",
    "--rm",
    `${tag}:${name}`,
    "sh",
    "-c",
    `cd /build && ${command}`,
  ]);
  return stdout;
}

describe("The Debian package", () => {
  let plan: ImagePlan;
  /** In an argument of each compile, so that no layer of an earlier run serves. */
  const started = Date.now();

  before(async function () {
    // Where Asterisk's host cannot be reached, its source is made here.
    this.timeout("5m");
    plan = (await plannedImages(path.join(pulumiDir, "package-test"), { packager: "dpkg-deb" })).builder;
  });

  after(async () => {
    const { stdout } = await execa("docker", ["--host", localDockerHost, "image", "ls", "--quiet", tag]);
    const images = [...new Set(stdout.split("\n").filter(Boolean))];
    if (images.length > 0)
      await execa("docker", ["--host", localDockerHost, "image", "rm", "--force", ...images]);
  });

  /**
   * Builds a stage of the whole Dockerfile in docker/, as a person would without Pulumi: with a tarball by URL. Where
   * Asterisk's own host cannot be reached, the tarball is served here, to a build on the host's network.
   */
  async function buildPlain(name: string, target: string): Promise<void> {
    const tarball = path.join(plan.context.path, "source/asterisk.tar.gz");
    const server = http.createServer((_, response) => createReadStream(tarball).pipe(response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const { SOURCE_URL = `http://127.0.0.1:${port}/asterisk.tar.gz`, ...buildArgs } = plan.buildArgs;
    const whole = { ...plan, buildArgs, context: { ...plan.context, path: path.join(projectDir, "docker") } };
    try {
      const args = { SOURCE_URL, CCACHE_DISABLE: `plain ${started}` };
      const { output, failed } = await build(whole, name, args, "--network=host", `--target=${target}`);
      assert.ok(!failed, output.slice(-4000));
    } finally {
      server.close();
    }
  }

  it("is the same byte for byte when the same source is built twice without cache, by the stack and by hand", async function () {
    // A slow machine compiles for half an hour; two cores of a PC need some three minutes for each.
    this.timeout("60m");
    // Not --no-cache: on some engines that also empties the cache mounts, and with them what other builds stand on.
    const { output, failed } = await build(plan, "first", { CCACHE_DISABLE: `stack ${started}` });
    assert.ok(!failed, output.slice(-4000));
    await buildPlain("second", "builder");
    assert.equal(await inBuilder("second", "sha256sum *.deb"), await inBuilder("first", "sha256sum *.deb"));
  });

  it("is compiled for any processor of its kind", async () => {
    assert.equal(
      await inBuilder("first", "grep -c BUILD_NATIVE /tmp/application/menuselect.makeopts || true"),
      "0",
    );
  });

  it("is named by what it is, and has the default configuration as its conffiles", async () => {
    const arch = await inBuilder("first", "dpkg --print-architecture");
    const version = plan.buildArgs.VERSION;
    assert.equal(await inBuilder("first", "ls"), `asterisk-rpi5_${version}_${arch}.deb`);
    assert.equal(await inBuilder("first", "dpkg-deb --field *.deb Version"), version);

    const conffiles = await inBuilder("first", "dpkg-deb --info *.deb conffiles");
    assert.equal(
      conffiles,
      await inBuilder("first", "cd /tmp && find etc -type f -printf '/%p\\n' | LC_ALL=C sort"),
    );
    assert.match(conffiles, /^\/etc\/asterisk\/pjsip\.conf$/m);
  });

  it("depends on the libraries that its binaries are linked with", async () => {
    const depends = await inBuilder("first", "dpkg-deb --field *.deb Depends");
    for (const library of ["libc6", "libssl3", "libjansson4", "libsqlite3-0", "libsrtp2-1"]) {
      assert.match(depends, new RegExp(`(^|, )${library} \\(`));
    }
  });

  it("comes out of the plain docker build with an image that runs it", async function () {
    this.timeout("20m");
    await buildPlain("plain", "runtime");
    const entrypoint = ["run", "--rm", "--network=none", `${tag}:plain`, "-V"];
    const { stdout } = await execa("docker", ["--host", localDockerHost, ...entrypoint]);
    assert.equal(stdout, `Asterisk ${plan.buildArgs.VERSION}`);
  });

  it("is not built from another source than the expected one: both checksums are shown", async () => {
    const expected = "0".repeat(64);
    const { failed, output } = await build(plan, "wrong-sum", { SOURCE_SHA256: expected });
    assert.ok(failed);
    assert.match(output, new RegExp(`expected ${expected}`));
    if ("SOURCE_SHA256" in plan.buildArgs)
      assert.match(output, new RegExp(`got +${plan.buildArgs.SOURCE_SHA256}`));
  });

  it("is not built as another version than its source is", async () => {
    const { failed, output } = await build(plan, "wrong-version", { VERSION: "1.2.3" });
    assert.ok(failed);
    assert.match(output, /The source is Asterisk [0-9.]+, but VERSION is "1\.2\.3"/);
  });
});
