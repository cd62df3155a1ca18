import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { asteriskConfig } from "./builder";
import { Site } from "./site";

const name = "cli";

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

  it("leave the stack's file there when the stack is removed", async () => {
    const before = readFileSync(file, "utf8");
    const { exitCode, all } = await site.npx("stack", "rm", "--yes");
    assert.equal(exitCode, 0, all);
    assert.equal(readFileSync(file, "utf8"), before);
  });
});
