import { existsSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { moduleDir } from "../../scripts/setup/go";
import { pulumiHome } from "../../scripts/setup/paths";
import { builtHereFile, pulumiVersions } from "../../scripts/setup/pulumi";

const folderOf = (plugin: "docker" | "command") =>
  path.join(pulumiHome, "plugins", `resource-${plugin}-v${pulumiVersions[plugin]}`);

// Where the official plugins could be downloaded, nothing runs that was made of these sources.
if (existsSync(path.join(folderOf("docker"), builtHereFile)))
  describe("The docker plugin that was built here", () => {
    it("passes its own tests: the SDK's properties, the build context, the build log", async function () {
      this.timeout("15m");
      await execa("go", ["test", "-tags", "no_compose", "./..."], {
        cwd: moduleDir("docker"),
        env: { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" },
        all: true,
      });
    });
  });

if (existsSync(path.join(folderOf("command"), builtHereFile)))
  describe("The command plugin that was built here", () => {
    it("ends by itself when the Pulumi that started it was killed", async function () {
      this.timeout("2m");
      // As Pulumi starts it; nothing listens there.
      await execa(path.join(folderOf("command"), "pulumi-resource-command"), ["127.0.0.1:9"], {
        stdin: "ignore",
      });
    });
  });
