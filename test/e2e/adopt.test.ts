import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { stringify } from "yaml";
import { volumePaths } from "../../config/volumes";
import { Lab } from "../lab/lab";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";
import { buildImage, giveBuilder, plannedImages } from "./builder";
import { assertData, health, leaveData, running } from "./data";
import type { Site } from "./site";
import { siteOnLab } from "./siteOnLab";

const name = "adopt";
/** A file of the folder that is in no volume. */
const greeting = `${volumePaths.sounds}/greeting.wav`;
const voicemail = `${volumePaths.spool}/voicemail/default/100/INBOX/msg0000.wav`;

/** What a person had before: an image without this project's marks, as root, and volumes for three of the folders. */
const compose = {
  version: "3.3",
  services: {
    asterisk: {
      image: "my-asterisk",
      container_name: "asterisk",
      network_mode: "host",
      restart: "unless-stopped",
      tty: true,
      stdin_open: true,
      environment: { SIP_SECRET: "hunter2" },
      volumes: [
        `asterisk-config:${volumePaths.config}`,
        `asterisk-spool:${volumePaths.spool}`,
        `asterisk-logs:${volumePaths.logs}`,
        `./sounds:${volumePaths.sounds}`,
        // Over a part of a volume: it is not in the volume, and has to be.
        `./queues.conf:${volumePaths.config}/queues.conf`,
      ],
    },
  },
  volumes: { "asterisk-config": null, "asterisk-spool": null, "asterisk-logs": null },
};

/** Makes the image of it from the stack's: its files, and nothing of its labels, user and database. */
async function makeOldImage(pi: Pi): Promise<void> {
  const { runtime } = await plannedImages(path.join(__dirname, "../../.pulumi/builder"));
  const socket = `unix://${pi.socket}`;
  const { failed, output } = await buildImage(socket, runtime, "my-asterisk:files", {}, "--target=runtime");
  assert.ok(!failed, output);
  const script = `id=$(docker create my-asterisk:files)
    docker export $id | docker import - my-asterisk:plain
    docker rm $id && docker image rm my-asterisk:files`;
  await execa("sh", ["-c", script], { env: { DOCKER_HOST: socket } });
  const dockerfile = `FROM my-asterisk:plain
RUN rm /var/lib/asterisk/astdb.sqlite3 && chown -R root:root /etc/asterisk /var/*/asterisk && mkdir -p /run/asterisk
ENTRYPOINT ["/usr/sbin/asterisk"]
CMD ["-f", "-vvvvv", "-g", "-c"]`;
  await execa("docker", ["--host", socket, "build", "--tag=my-asterisk", "-"], { input: dockerfile });
}

describe("A Pi on which docker compose made the container before", () => {
  let pi: Pi;
  let site: Site;
  let file: string;
  /** Where docker compose was started. */
  let folder: string;
  let id: string;

  before(async function () {
    this.timeout("45m");
    const made = await siteOnLab(name);
    site = made.site;
    pi = made.lab.pi("pi1");
    file = path.join(site.folder, `Pulumi.${name}.yaml`);
    await giveBuilder(pi);
    await makeOldImage(pi);
    folder = path.join(site.folder, "old");
    mkdirSync(path.join(folder, "sounds"), { recursive: true });
    writeFileSync(path.join(folder, "sounds/greeting.wav"), "old");
    writeFileSync(path.join(folder, "queues.conf"), "; from a file of the Pi\n");
    writeFileSync(path.join(folder, "docker-compose.yml"), stringify(compose));
    const up = ["--project-name=home", "up", "--detach"];
    await execa("docker-compose", up, { cwd: folder, env: { DOCKER_HOST: `unix://${pi.socket}` } });
    await waitFor("the old Asterisk", 60, async () =>
      (await pi.docker("exec", "asterisk", "asterisk", "-rx", "core waitfullybooted")).includes("booted"),
    );
    await leaveData(pi);
    const record = `mkdir -p ${path.dirname(voicemail)} && echo hello > ${voicemail}`;
    await pi.docker("exec", "asterisk", "sh", "-c", record);
    id = await pi.docker("inspect", "asterisk", "--format={{.Id}}");
  });

  after(async function () {
    this.timeout("2m");
    site?.remove();
    await Lab.down({ name });
  });

  it("is left alone, and preview says what to type", async function () {
    this.timeout("2m");
    const fault = await site.faultOf(site.preview());
    assert.match(
      fault,
      /pi1: a container "asterisk" is there that this stack has not made \(running, of the image my-asterisk\)/,
    );
    assert.match(fault, /npm run adopt -- adopt pi1/);
    assert.equal(await site.faultOf(site.up()), fault);
    assert.equal(
      await pi.docker("inspect", "asterisk", "--format={{.State.Status}} {{.Id}}"),
      `running ${id}`,
    );
  });

  it("is described by npm run adopt, which writes nothing before it is told to", async function () {
    this.timeout("1m");
    const before = readFileSync(file, "utf8");
    const said = await site.npmRun("adopt", "--", name, "pi1");
    assert.match(said, /\/etc\/asterisk +is in the volume home_asterisk-config, which is used as it is/);
    assert.match(
      said,
      /\/var\/lib\/asterisk\/sounds +is the folder .*\/old\/sounds of the Pi: it is copied into the volume asterisk-sounds/,
    );
    assert.match(said, new RegExp(`stopped, as asterisk-${id.slice(0, 12)}`));
    assert.equal(readFileSync(file, "utf8"), before);
  });

  it("is not taken over where the stack's file has no place to say so", async function () {
    this.timeout("1m");
    const before = readFileSync(file, "utf8");
    const { asterisk, pis } = site.config;
    // What stands in two places is written once, and referred to.
    const config = { "other:pis": pis, "asterisk-rpi5:asterisk": asterisk, "asterisk-rpi5:pis": pis };
    writeFileSync(file, stringify({ config }));
    const refused = assert.rejects(
      site.npmRun("adopt", "--", name, "pi1", "--yes"),
      /adopt\.yaml: asterisk-rpi5:pis\.pi1 refers to another place: write it out/,
    );
    await refused.finally(() => writeFileSync(file, before));
  });

  it("is taken over with its configuration, voicemail and database by the up after npm run adopt", async function () {
    this.timeout("10m");
    await site.npmRun("adopt", "--", name, "pi1", "--yes");
    const definition = readFileSync(
      path.join(site.folder, `.pulumi/adopted/${name}-pi1-${id.slice(0, 12)}.json`),
      "utf8",
    );
    assert.match(definition, /home_asterisk-spool/);
    assert.doesNotMatch(definition, /hunter2/);

    await site.up();
    assert.equal(await health(pi), "healthy");
    await assertData(pi);
    const inContainer = (...command: string[]) => pi.docker("exec", "asterisk", ...command);
    assert.equal(await inContainer("cat", voicemail), "hello");
    assert.equal(
      await inContainer("sh", "-c", `find ${Object.values(volumePaths).join(" ")} ! -user asterisk`),
      "",
    );
    assert.deepEqual((await site.preview({ refresh: true })).changes, {});
  });

  it("keeps the old container, and can go back to it as npm run adopt says", async function () {
    this.timeout("2m");
    const old = `asterisk-${id.slice(0, 12)}`;
    assert.equal(
      await pi.docker(
        "inspect",
        old,
        "--format={{.Id}} {{.State.Status}} {{.HostConfig.RestartPolicy.Name}}",
      ),
      `${id} exited no`,
    );
    await pi.docker("rm", "--force", "asterisk");
    await pi.docker("rename", old, "asterisk");
    await pi.docker("update", "--restart=unless-stopped", "asterisk");
    await pi.docker("start", "asterisk");
    await waitFor("the old Asterisk", 60, async () =>
      (await pi.docker("exec", "asterisk", "asterisk", "-rx", "core waitfullybooted")).includes("booted"),
    );
    await assertData(pi);
    assert.equal(await pi.docker("exec", "asterisk", "cat", voicemail), "hello");
  });

  it("is taken over again by the next up, also when it has no database, and nothing is overwritten", async function () {
    this.timeout("5m");
    const inVolumes = (script: string) =>
      pi.docker(
        ...["run", "--rm", "--user=0", `--volume=asterisk-sounds:${volumePaths.sounds}`],
        ...["--entrypoint=sh", "my-asterisk", "-c", script],
      );
    await inVolumes(`echo new > ${greeting}`);
    await pi.docker("exec", "asterisk", "rm", "/var/lib/asterisk/astdb.sqlite3");
    await site.up();
    assert.equal(await health(pi), "healthy");
    await assertData(pi);
    assert.equal(await inVolumes(`cat ${greeting} ${greeting}.~1~`), "oldnew");
    assert.equal(await inVolumes(`find ${volumePaths.sounds} -name '*.~*'`), `${greeting}.~1~`);
    assert.deepEqual((await site.preview()).changes, {});
  });

  describe("runs on when it cannot be taken over", () => {
    const goBack = async () => {
      await pi.docker("rm", "--force", "asterisk");
      await pi.docker("rename", `asterisk-${id.slice(0, 12)}`, "asterisk");
      await pi.docker("start", "asterisk");
    };
    const state = () => pi.docker("inspect", "asterisk", "--format={{.Id}} {{.State.Status}}");

    before(async function () {
      this.timeout("1m");
      await goBack();
    });

    it("because it cannot be read: a file of the Pi that it mounts is gone", async function () {
      this.timeout("5m");
      const before = await running(pi);
      const file = path.join(folder, "queues.conf");
      rmSync(file);
      assert.match(
        await site.faultOf(site.up()),
        /the old container cannot be read: is all there that it mounts\? Docker said: .*queues\.conf/,
      );
      assert.equal(await running(pi), before);
      // Docker has made a folder of that name.
      rmSync(file, { recursive: true });
      writeFileSync(file, "");
    });

    it("because the last step fails: the name that it is to have is taken", async function () {
      this.timeout("5m");
      await pi.docker("create", `--name=asterisk-${id.slice(0, 12)}`, "my-asterisk");
      const before = await running(pi);
      assert.match(await site.faultOf(site.up()), /is already in use/);
      assert.equal(await state(), `${id} running`);
      assert.notEqual(await running(pi), before, "it was stopped, and started again");

      await pi.docker("stop", "asterisk");
      assert.match(await site.faultOf(site.up()), /is already in use/);
      assert.equal(await state(), `${id} exited`, "not started, where it did not run");
    });
  });
});
