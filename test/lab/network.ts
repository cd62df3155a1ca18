import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import execa from "execa";
import { z } from "zod";
import { SetupError } from "../../scripts/setup/step";

/** The lab's LAN: a bridge of the operator's machine, which is the Pis' gateway. */
export interface Lan {
  bridge: string;
  /** Third number of 10.213.N.0/24. */
  number: number;
  /** Nameservers that a Pi asks. Kept, since the machine's own may be others by the time the rules are removed. */
  resolvers: string[];
  /** Where the gateway's port 53 leads, when the machine's nameserver listens on loopback only. */
  loopbackResolver?: string;
}

type Numbered = Pick<Lan, "number">;
export const subnetOf = ({ number }: Numbered): string => `10.213.${number}.0/24`;
export const gatewayOf = ({ number }: Numbered): string => `10.213.${number}.1`;
/** 10.213.N.11 is the first Pi. */
export const addressOf = ({ number }: Numbered, index: number): string => `10.213.${number}.${11 + index}`;

/** The same for an address at every power-on, so that the operator's ARP cache stays right. */
export function macOf(address: string): string {
  const bytes = address.split(".").map((n) => Number(n).toString(16).padStart(2, "0"));
  return `02:00:${bytes.join(":")}`;
}

function toRange(cidr: string): [number, number] {
  const [address = "", bits = "32"] = cidr.split("/");
  const start = address.split(".").reduce((sum, n) => sum * 256 + Number(n), 0);
  return [start, start + 2 ** (32 - Number(bits)) - 1];
}

/** True when two IPv4 networks have an address in common. */
export function overlap(a: string, b: string): boolean {
  const [[startA, endA], [startB, endB]] = [toRange(a), toRange(b)];
  return startA <= endB && startB <= endA;
}

/** Takes the first 10.213.N.0/24 that neither a route of this machine nor its nameserver lies in. */
export async function chooseLan(bridge: string): Promise<Lan> {
  const { stdout } = await execa("ip", ["-json", "-4", "route", "show", "table", "all"]);
  const routes = z.array(z.object({ dst: z.string() })).parse(JSON.parse(stdout));
  const used = [...routes.map((route) => route.dst).filter((dst) => dst !== "default"), ...nameservers()];
  for (let number = 0; number < 256; number++) {
    if (!used.some((network) => overlap(network, subnetOf({ number })))) {
      return { bridge, number, ...resolversOf({ number }) };
    }
  }
  throw new SetupError("No 10.213.N.0/24 is free on this machine (see `ip route`): the lab needs one.");
}

const isLoopback = (address: string): boolean => address.startsWith("127.");

function nameservers(): string[] {
  // The second is where systemd-resolved, itself on loopback, keeps the nameservers that it asks.
  const lists = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]
    .filter((file) => existsSync(file))
    .map((file) => [...readFileSync(file, "utf8").matchAll(/^nameserver\s+(\S+)/gm)].map((m) => m[1] ?? ""))
    .map((addresses) => addresses.filter((address) => isIPv4(address)));
  return lists.find((list) => list.some((address) => !isLoopback(address))) ?? lists[0] ?? [];
}

/** The machine's nameservers, where a Pi can reach them; else the gateway, which leads on to the one on loopback. */
function resolversOf(lan: Numbered): Pick<Lan, "resolvers" | "loopbackResolver"> {
  const resolvers = nameservers().filter((address) => !isLoopback(address));
  return resolvers.length > 0
    ? { resolvers }
    : { resolvers: [gatewayOf(lan)], loopbackResolver: nameservers()[0] ?? "127.0.0.1" };
}

/** Arguments of iptables after -I or -D. Ahead of all others, because Docker's policy for FORWARD is DROP. */
function rulesOf(lan: Lan): string[][] {
  const [subnet, gateway] = [subnetOf(lan), gatewayOf(lan)];
  const rules = [
    `FORWARD -s ${subnet} -j ACCEPT`,
    `FORWARD -d ${subnet} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `POSTROUTING -t nat -s ${subnet} ! -d ${subnet} -j MASQUERADE`,
  ];
  if (lan.loopbackResolver) {
    const to = `--dport 53 -j DNAT --to ${lan.loopbackResolver}:53`;
    rules.push(`PREROUTING -t nat -i ${lan.bridge} -d ${gateway} -p udp ${to}`);
    rules.push(`PREROUTING -t nat -i ${lan.bridge} -d ${gateway} -p tcp ${to}`);
  }
  return rules.map((rule) => rule.split(" "));
}

const sysctl = (name: string): string => `/proc/sys/net/ipv4/${name}`;
const readSysctl = (name: string): string => readFileSync(sysctl(name), "utf8").trim();

export async function createLan(lan: Lan): Promise<void> {
  await execa("ip", ["link", "add", lan.bridge, "type", "bridge"]);
  // Set by hand: otherwise the bridge takes another one with each Pi, and the Pis' ARP caches are wrong.
  await execa("ip", ["link", "set", lan.bridge, "address", macOf(gatewayOf(lan)), "up"]);
  await execa("ip", ["addr", "add", `${gatewayOf(lan)}/24`, "dev", lan.bridge]);
  if (lan.loopbackResolver) {
    await writeFile(sysctl(`conf/${lan.bridge}/route_localnet`), "1");
  }
  for (const rule of rulesOf(lan)) {
    await execa("iptables", ["-w", "10", "-I", ...rule]);
  }
}

/** Idempotent: what is not there any more is passed over. */
export async function removeLan(lan: Lan): Promise<void> {
  for (const rule of rulesOf(lan)) {
    while ((await execa("iptables", ["-w", "10", "-D", ...rule], { reject: false })).exitCode === 0) {
      // Once more: an `up` that was interrupted and repeated may have left it twice.
    }
  }
  if (linkExists(lan.bridge)) {
    await execa("ip", ["link", "delete", lan.bridge]);
  }
}

export const linkExists = (name: string): boolean => existsSync(`/sys/class/net/${name}`);

/** Turns forwarding on and keeps the old value in `note`, unless an earlier lab did. */
export async function enableForwarding(note: string): Promise<void> {
  if (!existsSync(note)) {
    await writeFile(note, readSysctl("ip_forward"));
  }
  await writeFile(sysctl("ip_forward"), "1");
}

/** Only with the last lab. A Docker Engine started meanwhile needs forwarding too, hence the look at its bridge. */
export async function restoreForwarding(note: string): Promise<void> {
  if (existsSync(note) && !linkExists("docker0")) {
    await writeFile(sysctl("ip_forward"), readFileSync(note, "utf8"));
  }
}
