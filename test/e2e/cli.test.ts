import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import execa from "execa";
import { waitFor } from "../lab/wait";
import { asteriskConfig } from "./builder";
import { pulumiOf, Site } from "./site";

const name = "cli";

/** The processes that run the program of the project in this folder. */
const programsIn = (folder: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return command.includes("@pulumi/pulumi/cmd/run") && realpathSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      // No process, or one that has just ended.
      return false;
    }
  });

describe("The commands, before they reach a Pi", () => {
  let site: Site;
  let file: string;

  before(async function () {
    this.timeout("5m");
    const pis = { pbx: { host: "unix:///no/such.sock" } };
    site = await Site.make(name, { asterisk: await asteriskConfig(), pis });
    file = path.join(site.folder, `Pulumi.${name}.yaml`);
  });

  after(() => site?.remove());

  it("name the file and the line where a stack's file is no YAML", async () => {
    const good = readFileSync(file, "utf8");
    writeFileSync(file, `${good}encryptionsalt: v1:x\n    door:\n      host: ssh://pi@10.0.0.6\n`);
    const line = good.split("\n").length;
    for (const said of [
      (await site.npx("preview")).all,
      String(await site.npmRun("build-log", "--", name).catch((error: unknown) => error)),
    ])
      assert.match(
        said,
        new RegExp(`Pulumi\\.cli\\.yaml is no YAML\\. .* at line ${line},[^]*what is yours comes above it`),
      );
    writeFileSync(file, good);
  });

  it("want to know which Pis npm run up is for, as one word", async () => {
    await assert.rejects(site.npmRun("up", "--", name), /Usage: npm run up -- STACK --only PI/);
    const two = site.npmRun("up", "--", name, "--only", "pbx", "door");
    await assert.rejects(two, /Unexpected "door"\. Several Pis: --only pi1,pi2/);
  });

  it("make up no other passphrase for stacks that have one", async () => {
    // The copy's own command, without the variables that this test's runs of Pulumi have.
    const command = ["run", "--silent", "up", "--", name, "--only", "pbx", "--yes"];
    const up = () => execa("npm", command, { cwd: site.folder });
    const passphrase = path.join(site.folder, ".pulumi/passphrase");
    renameSync(passphrase, `${passphrase}.kept`);
    await assert.rejects(up(), /\.pulumi\/passphrase is gone.* put it back from your copy/);
    assert.ok(!existsSync(passphrase));
    renameSync(`${passphrase}.kept`, passphrase);
    await assert.rejects(up(), /no\/such\.sock/, "past the passphrase, to the engine that is not there");
  });

  it("leave no program behind that fills the memory when pulumi is killed while it asks the Pis", async function () {
    this.timeout("1m");
    // A Pi that takes the connection and says nothing.
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const good = readFileSync(file, "utf8");
    const pis = { pbx: { host: `ssh://pi@127.0.0.1:${port}`, hostKey: "ssh-ed25519 AAAA" } };
    site.configure({ ...site.config, pis });
    try {
      const run = site.start("preview");
      await once(silent, "connection");
      assert.equal(programsIn(site.folder).length, 1);
      process.kill(pulumiOf(run), "SIGKILL");
      await run;
      await waitFor("the program to end", 20, () => programsIn(site.folder).length === 0);
    } finally {
      for (const pid of programsIn(site.folder)) process.kill(Number(pid), "SIGKILL");
      silent.close();
      writeFileSync(file, good);
    }
  });

  it("leave the stack's file there when the stack is removed", async () => {
    const before = readFileSync(file, "utf8");
    const { exitCode, all } = await site.npx("stack", "rm", "--yes");
    assert.equal(exitCode, 0, all);
    assert.equal(readFileSync(file, "utf8"), before);
  });
});
