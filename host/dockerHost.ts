import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import type { PiConfig } from "../config/schema";

/** How one Docker host is reached: by the provider (host and sshOpts), and by commands (`shell`). */
export interface DockerHost {
  /** `unix:///path` or `ssh://user@host[:port]`. */
  uri: string;
  /** The ssh options of everything that goes to this host; none for a socket on this machine. */
  sshOpts: string[];
  /** The same with the host itself: all that stands between `ssh` and a command. */
  ssh?: string[];
  /**
   * The command line that runs the script on its standard input in a POSIX shell on the host, where the `docker` command
   * then talks to the host's engine. The script's own arguments may follow.
   */
  shell: string;
  /** The same for a person: a command that is to run on the host, with a terminal. */
  interactive(command: string): string;
}

/** Of a Pi's configuration, what says how to reach it. */
type Reached = Pick<PiConfig, "host" | "hostKey" | "identityFile">;

/**
 * Seconds that a host may take to answer before it counts as gone. Enough for three tries of TCP (at 0, 1 and 3 s), and with
 * the look at an open connection before (see connection.ts) few enough to say within 15 s of the command which hosts are.
 */
const connectTimeout = 6;

/** Seconds that an unused connection stays open for the next command of the same `up`. */
const controlPersist = 60;

/** A word as a POSIX shell takes it, in quotes where it needs them. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** How the host of the Pi of that name is reached. Stacks that use the same host at the same time do not meet there. */
export function dockerHost(stack: string, name: string, pi: Reached, home = userInfo().homedir): DockerHost {
  if (!pi.host.startsWith("ssh://")) {
    const dockerHostVariable = quoted(`DOCKER_HOST=${pi.host}`);
    return {
      uri: pi.host,
      sshOpts: [],
      shell: `env ${dockerHostVariable} sh -s --`,
      interactive: (command) =>
        pi.host === "unix:///var/run/docker.sock" ? command : `env ${dockerHostVariable} ${command}`,
    };
  }
  const { username, hostname, port } = new URL(pi.host);
  const sshOpts = sshOptions(controlPath([stack, name], pi, home), pi);
  const target = [...(port ? ["-p", port] : []), `${username}@${hostname}`];
  const identity = pi.identityFile ? ["-o", "IdentitiesOnly=yes", "-i", pi.identityFile] : [];
  return {
    uri: pi.host,
    sshOpts,
    ssh: [...sshOpts, ...target],
    shell: ["ssh", ...sshOpts, ...target, "sh -s --"].map(quoted).join(" "),
    interactive: (command) => ["ssh", "-t", ...identity, ...target, command].map(quoted).join(" "),
  };
}

/** Bytes of a Unix socket's path, without its closing zero: of macOS, where `sun_path` is shortest. */
const socketPathBytes = 103;

/** While ssh makes its socket, the name has a dot and 16 characters more: muxserver_listen() in its mux.c. */
const socketSuffixBytes = 17;

/**
 * Where the connection that all share has its socket: a digest, in the one folder that is the user's own on every system.
 * The tilde stays, because the path stands in the state, which another person may use. A home whose path leaves no room
 * for the socket does without: then every command makes a connection of its own.
 */
function controlPath(owner: string[], pi: Reached, home: string): string {
  // Whatever decides who is asked, and as whom: otherwise a change would show only when the old connection has gone.
  const connection = [...owner, pi.host, pi.hostKey, pi.identityFile].join(" ");
  const socket = `.ssh/asterisk-rpi5-${createHash("sha256").update(connection).digest("hex").slice(0, 16)}`;
  const bytes = Buffer.byteLength(`${home}/${socket}`) + socketSuffixBytes;
  return bytes <= socketPathBytes ? `~/${socket}` : "none";
}

/**
 * One set of options for all that goes to a Pi, so that one connection serves a whole `up`. The pinned key comes from
 * `KnownHostsCommand` and needs no file: the options stand in the provider's state, and `refresh` and `destroy`, where
 * the program does not run, have them too. https://man.openbsd.org/ssh_config
 */
function sshOptions(controlPath: string, pi: Reached): string[] {
  const options: Record<string, string | number> = {
    BatchMode: "yes",
    ConnectTimeout: connectTimeout,
    ServerAliveInterval: 15,
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: "/dev/null",
    GlobalKnownHostsFile: "/dev/null",
    KnownHostsCommand: `/bin/echo %H ${pi.hostKey}`,
    ControlMaster: "auto",
    ControlPersist: controlPersist,
    ControlPath: controlPath,
    // Alone: sshd hangs up after six keys, and ssh offers all of the agent's before a file that is not in the agent.
    ...(pi.identityFile && { IdentityFile: `"${pi.identityFile}"`, IdentitiesOnly: "yes" }),
  };
  return Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}
