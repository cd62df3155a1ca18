import execa from "execa";
import { localDockerHost } from "../../scripts/setup/engine";

/** What the operator's own engine has of this project's kind: nothing of a site may ever come to it. */
export async function operatorsEngine(): Promise<string> {
  const lists = [
    [
      "image",
      "ls",
      "--format={{.Repository}}:{{.Tag}} {{.ID}}",
      "--filter=reference=asterisk-rpi5",
      "--filter=reference=asterisk-rpi5-builder",
    ],
    ["ps", "--all", "--format={{.ID}}", "--filter=name=asterisk"],
    ["volume", "ls", "--format={{.Name}}", "--filter=name=asterisk-"],
  ];
  const listed = await Promise.all(lists.map((list) => execa("docker", ["-H", localDockerHost, ...list])));
  return listed.map(({ stdout }) => stdout).join("\n");
}
