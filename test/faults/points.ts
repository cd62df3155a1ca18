import { readFileSync } from "node:fs";
import execa, { type ExecaChildProcess } from "execa";
import type { Pi } from "../lab/pi";
import { waitFor } from "../lab/wait";

/** Where an `up` is when the fault comes. */
export interface Point {
  during: string;
  /** The file whose edit makes an `up` get there: it has a line appended that says nothing. */
  edited: string;
  /** Resolves when this run is there. */
  reached(run: ExecaChildProcess, pi: Pi): Promise<unknown>;
  /** Which container there is then: the one of before, none, or the new one. */
  container: "old" | "none" | "new";
}

const slow = ["root", "tbf", "rate", "1mbit", "burst", "16kb", "latency", "400ms"];

export const points = {
  upload: {
    during: "the upload of the context",
    edited: "docker/etc/asterisk/extensions.conf",
    reached: async (run, pi) => {
      await execa("tc", ["qdisc", "replace", "dev", pi.port, ...slow]);
      await printed(run, /builder-image updating/);
      const sent = () => Number(readFileSync(`/sys/class/net/${pi.port}/statistics/tx_bytes`, "utf8"));
      const before = sent();
      // The least that there is to upload, with a release tarball's URL for source, is 60 kB.
      await waitFor("the upload", 120, () => sent() - before > 20e3);
    },
    container: "old",
  },
  compile: {
    during: "the compile",
    edited: "docker/build/compile.sh",
    reached: (run) => printed(run, /\[CC\] /),
    container: "old",
  },
  gap: {
    during: "the time between the old container and the new one",
    edited: "docker/runtime/healthcheck.sh",
    // By Docker's own word: what Pulumi prints comes later.
    reached: async (_run, pi) => {
      const events = ["events", "--filter=container=asterisk", "--filter=event=destroy", "--format={{.ID}}"];
      const watch = execa("docker", ["--host", `unix://${pi.socket}`, ...events]);
      await new Promise((resolve) => watch.stdout?.once("data", resolve));
      watch.kill();
      await watch.catch(() => undefined);
    },
    container: "none",
  },
  verification: {
    during: "the verification",
    edited: "docker/runtime/healthcheck.sh",
    reached: (run) => printed(run, /verification-command creat/),
    container: "new",
  },
} satisfies Record<string, Point>;

export type PointName = keyof typeof points;

/** Resolves when the run prints such a line. */
function printed(run: ExecaChildProcess, line: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    run.all?.on("data", (chunk) => {
      text += String(chunk);
      if (line.test(text)) resolve();
    });
    void run.then(({ all }) => reject(new Error(`expected a line ${line} of pulumi, got:\n${all}`)));
  });
}
