import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import semver from "semver";
import { z } from "zod";
import { projectDir } from "../../../scripts/setup/paths";
import { pulumiVersions, requiredVersion } from "../../../scripts/setup/pulumi";

function dependencies(): Record<string, string> {
  const shape = z.object({ dependencies: z.record(z.string(), z.string()) });
  return shape.parse(JSON.parse(readFileSync(path.join(projectDir, "package.json"), "utf8"))).dependencies;
}

describe("the versions of Pulumi", () => {
  for (const name of ["docker", "command"] as const)
    it(`installs the plugin that the npm package @pulumi/${name} asks for`, () => {
      assert.equal(dependencies()[`@pulumi/${name}`], pulumiVersions[name]);
    });

  it("builds the CLI of the version that is installed where it can be downloaded", async () => {
    assert.equal(await requiredVersion("cli", "github.com/pulumi/pulumi/pkg/v3"), `v${pulumiVersions.cli}`);
  });

  it("installs a CLI that is not older than the program's SDK", () => {
    assert.ok(semver.satisfies(pulumiVersions.cli, `^${dependencies()["@pulumi/pulumi"]}`));
  });
});
