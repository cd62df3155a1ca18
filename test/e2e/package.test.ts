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
import { Lab } from "../lab/lab";
import { buildImage, giveBuilder, plannedImages } from "./builder";

const name = "package";
const tag = "asterisk-rpi5-package-test";

/** In an argument of the compile by hand, so that no layer of an earlier run serves. */
const uncached = `test of ${Date.now()}`;

/** Builds an image of the plan on this machine's engine. */
const build = (plan: ImagePlan, image: string, args: Record<string, string>, ...options: string[]) =>
  buildImage(localDockerHost, plan, `${tag}:${image}`, args, ...options);

/** Runs a command on this machine's engine. */
const docker = async (...args: string[]): Promise<string> =>
  (await execa("docker", ["--host", localDockerHost, ...args])).stdout;

describe("The Debian package", () => {
  let plan: ImagePlan;
  /** Runs a command in the builder image that the stack compiled, beside its package. */
  let inBuilder: (command: string) => Promise<string>;

  before(async function () {
    this.timeout("45m");
    plan = (await plannedImages(path.join(pulumiDir, "package-test"))).builder;
    await Lab.down({ name });
    const pi = (await Lab.up(1, { name })).pi("pi1");
    const builder = await giveBuilder(pi);
    inBuilder = (command) =>
      pi.docker("run", "--rm", "--network=none", builder, "sh", "-c", `cd /build && ${command}`);
  });

  after(async function () {
    this.timeout("2m");
    await Lab.down({ name });
    const images = new Set((await docker("image", "ls", "--quiet", tag)).split("\n").filter(Boolean));
    if (images.size > 0) await docker("image", "rm", "--force", ...images);
  });

  /**
   * Builds a stage of the whole Dockerfile in docker/, as a person would without Pulumi: with a tarball by URL. Where
   * Asterisk's own host cannot be reached, the tarball is served here, to a build on the host's network.
   */
  async function buildPlain(stage: string): Promise<string> {
    const tarball = path.join(plan.context.path, "source/asterisk.tar.gz");
    const server = http.createServer((_, response) => createReadStream(tarball).pipe(response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const { SOURCE_URL = `http://127.0.0.1:${port}/asterisk.tar.gz`, ...buildArgs } = plan.buildArgs;
    const whole = { ...plan, buildArgs, context: { ...plan.context, path: path.join(projectDir, "docker") } };
    try {
      const { output, failed } = await build(
        whole,
        stage,
        { SOURCE_URL, CCACHE_DISABLE: uncached },
        "--network=host",
        `--target=${stage}`,
      );
      assert.ok(!failed, output.slice(-4000));
    } finally {
      server.close();
    }
    return `${tag}:${stage}`;
  }

  it("is the same byte for byte when the stack compiles it on a Pi and when a person does, by hand elsewhere", async function () {
    // A slow machine compiles for half an hour; two cores of a PC need some three minutes.
    this.timeout("60m");
    const byHand = await buildPlain("builder");
    const checksum = "sha256sum *.deb";
    assert.equal(
      await docker("run", "--rm", "--network=none", byHand, "sh", "-c", `cd /build && ${checksum}`),
      await inBuilder(checksum),
    );
  });

  it("is compiled for any processor of its kind", async () => {
    assert.equal(await inBuilder("grep -c BUILD_NATIVE /tmp/application/menuselect.makeopts || true"), "0");
  });

  it("is named by what it is, and has the default configuration as its conffiles", async () => {
    const arch = await inBuilder("dpkg --print-architecture");
    const version = plan.buildArgs.VERSION;
    assert.equal(await inBuilder("ls"), `asterisk-rpi5_${version}_${arch}.deb`);
    assert.equal(await inBuilder("dpkg-deb --field *.deb Version"), version);

    const conffiles = await inBuilder("dpkg-deb --info *.deb conffiles");
    const files = "cd /tmp && find etc -type f -printf '/%p\\n' | LC_ALL=C sort";
    assert.equal(conffiles, await inBuilder(files));
    assert.match(conffiles, /^\/etc\/asterisk\/pjsip\.conf$/m);
  });

  it("depends on the libraries that its binaries are linked with", async () => {
    const depends = await inBuilder("dpkg-deb --field *.deb Depends");
    for (const library of ["libc6", "libssl3", "libjansson4", "libsqlite3-0", "libsrtp2-1"]) {
      assert.match(depends, new RegExp(`(^|, )${library} \\(`));
    }
  });

  it("comes out of the plain docker build with an image that runs it", async function () {
    this.timeout("20m");
    const image = await buildPlain("runtime");
    assert.equal(
      await docker("run", "--rm", "--network=none", image, "-V"),
      `Asterisk ${plan.buildArgs.VERSION}`,
    );
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
