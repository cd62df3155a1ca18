import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import execa from "execa";
import { projectDir } from "../../../scripts/setup/paths";
import type { Pi } from "../../lab/pi";

const scenario = [
  "-sf",
  path.join(__dirname, "selftest.xml"),
  "-s",
  "selftest",
  "-m",
  "1",
  "-nostdin",
  "-timeout",
  "30s",
];

function keys(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ["-key", name, value]);
}

/** Calls `selftest` from the Pi itself, with SIPp. Returns how many of 100 packets of sound came back. */
export async function callSelftest(pi: Pi, transport: "udp" | "tcp"): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "asterisk-rpi5-call-"));
  const result = path.join(folder, "echoed");
  const tsx = path.join(projectDir, "node_modules/.bin/tsx");
  try {
    // This machine's SIPp and files in the Pi's network: what the Pi has of them is its own affair.
    await execa("nsenter", [
      `--net=${pi.netns}`,
      "sipp",
      ...scenario,
      ...["-t", transport === "tcp" ? "t1" : "u1", "-i", "127.0.0.1", "-p", "5099"],
      ...keys({ tsx, echo: path.join(__dirname, "echo.ts"), result, rtp_port: "17000" }),
      "127.0.0.1:5060",
    ]);
    return Number(readFileSync(result, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls `selftest` on the Pi from this machine, as a stranger would. Returns what SIPp says of the answer. */
export async function callFromOutside(pi: Pi): Promise<string> {
  const none = keys({ tsx: "true", echo: "", result: "/dev/null", rtp_port: "17000" });
  const { stderr } = await execa("sipp", [...scenario, ...none, "-p", "5099", `${pi.address}:5060`], {
    reject: false,
  });
  return stderr;
}
