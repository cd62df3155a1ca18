import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { projectDir } from "../../../scripts/setup/paths";
import type { Pi } from "../../lab/pi";

/** Calls `selftest` from the Pi itself, with SIPp. Returns how many of 100 packets of sound came back. */
export async function callSelftest(pi: Pi, transport: "udp" | "tcp"): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "asterisk-rpi5-call-"));
  const keys = {
    tsx: path.join(projectDir, "node_modules/.bin/tsx"),
    echo: path.join(__dirname, "echo.ts"),
    result: path.join(folder, "echoed"),
    rtp_port: "17000",
  };
  try {
    await pi.exec(
      "sipp",
      ...[
        "-sf",
        path.join(__dirname, "selftest.xml"),
        "-s",
        "selftest",
        "-m",
        "1",
        "-nostdin",
        "-timeout",
        "30s",
      ],
      ...["-t", transport === "tcp" ? "t1" : "u1", "-i", "127.0.0.1", "-p", "5099"],
      ...Object.entries(keys).flatMap(([name, value]) => ["-key", name, value]),
      "127.0.0.1:5060",
    );
    return Number(readFileSync(keys.result, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
