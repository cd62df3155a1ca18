import type { ExecaChildProcess } from "execa";

/** Shows each line that a program prints as its progress. Returns the program, to wait for. */
export function sayLines(child: ExecaChildProcess, say: (line: string) => void): ExecaChildProcess {
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const line = text
      .trim()
      .split(/[\r\n]+/)
      .at(-1);
    if (line) say(line);
  });
  return child;
}
