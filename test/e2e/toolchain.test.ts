import { existsSync } from "node:fs";
import path from "node:path";
import execa from "execa";
import { moduleDir } from "../../scripts/setup/go";
import { pulumiHome } from "../../scripts/setup/paths";
import { builtHereFile, pulumiVersions } from "../../scripts/setup/pulumi";

const plugin = path.join(pulumiHome, "plugins", `resource-docker-v${pulumiVersions.docker}`);

// Where the official plugin could be downloaded, nothing runs that was made of these sources.
if (existsSync(path.join(plugin, builtHereFile)))
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
