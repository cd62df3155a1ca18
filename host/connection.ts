import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import execa from "execa";

/** Milliseconds that a host may take to run an empty command over a connection that is open: two round trips. */
const answerTimeout = 3000;

/**
 * Makes sure that the next command does not wait for a connection that is dead. One of the run before stays open for the
 * next, and when its cable was pulled meanwhile, ssh finds that out after a minute (ServerAliveInterval, four times). So
 * it is tried first; without an answer it is given up, and the next command makes a new one: in time, or with ssh's own
 * words about what is wrong.
 */
export async function prepareConnection(ssh: string[]): Promise<void> {
  // For the socket of the connection (see dockerHost.ts).
  mkdirSync(path.join(userInfo().homedir, ".ssh"), { recursive: true, mode: 0o700 });
  if (!(await succeeds("-O", "check", ...ssh))) return;
  if (!(await succeeds(...ssh, "true"))) await giveUpConnection(ssh);
}

/**
 * Has the next command make a new connection. Not by `exit`, which ends the commands of other runs too: the one that is open
 * takes no new ones, and ends with its last.
 */
export async function giveUpConnection(ssh: string[]): Promise<void> {
  await succeeds("-O", "stop", ...ssh);
}

/** Whether ssh ends well, and in time. What it says is of no use: the next command says it again. */
async function succeeds(...args: string[]): Promise<boolean> {
  const { failed } = await execa("ssh", args, { stdio: "ignore", timeout: answerTimeout, reject: false });
  return !failed;
}
