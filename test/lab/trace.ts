import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import execa from "execa";

/** What a lab changes on the machine while it is up, in a form that can be compared with what was there before. */
export async function traces(): Promise<Record<string, string[]>> {
  const lines = async (command: string, ...args: string[]): Promise<string[]> =>
    (await execa(command, args)).stdout.split("\n");
  // The machine's own Engine may start and end containers meanwhile: their links and mounts are not the lab's.
  const ownEngine = /\bveth| \/var\/lib\/docker\/| \/run\/docker\/netns/;
  return {
    // Without counters and the time of day.
    iptables: (await lines("iptables-save"))
      .filter((l) => !l.startsWith("#"))
      .map((l) => l.replace(/ \[.*\]$/, "")),
    links: readdirSync("/sys/class/net").filter((name) => !ownEngine.test(name)),
    addresses: (await lines("ip", "-o", "-4", "addr")).filter((line) => !ownEngine.test(line)),
    // A route is marked linkdown while the machine's own Engine has no container on its bridge.
    routes: (await lines("ip", "-4", "route")).map((line) => line.replace("linkdown", "").trim()),
    mounts: readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => !ownEngine.test(line)),
    // What `mount` and `ip netns` make in passing, and the lab's own; other programs come and go in /run.
    run: readdirSync("/run").filter((entry) => /^(asterisk|mount|netns)/.test(entry)),
    users: readFileSync("/etc/passwd", "utf8").split("\n"),
    groups: readFileSync("/etc/group", "utf8").split("\n"),
    forwarding: [readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8")],
    cgroups: readdirSync("/sys/fs/cgroup", { recursive: true, encoding: "utf8" }).filter((name) =>
      name.includes("asterisk-rpi5-lab"),
    ),
  };
}

/** Which namespaces a process is in, such as "pid:[4026532181]", without those it shares with us. */
export function ownNamespaces(pid: number): string[] {
  return namespacesOf(String(pid)).filter((namespace) => !namespacesOf("self").includes(namespace));
}

/** Pids of all processes in any of these namespaces. */
export function processesIn(namespaces: string[]): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => namespacesOf(pid).some((namespace) => namespaces.includes(namespace)))
    .map(Number);
}

function namespacesOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/ns`).map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`));
  } catch {
    // It has ended, or is not ours to look into.
    return [];
  }
}
