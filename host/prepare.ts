import * as pulumi from "@pulumi/pulumi";
import type { LoadedSite } from "../config/load";
import type { PiConfig } from "../config/schema";
import { userError } from "../config/userError";
import { type DockerHost, dockerHost } from "./dockerHost";
import { type Facts, type FactsResult, readFacts, summary } from "./facts";
import { findings } from "./rules";

/** A Docker host that can take what is planned for it. */
export interface PreparedHost {
  name: string;
  config: PiConfig;
  host: DockerHost;
  facts: Facts;
}

/**
 * Asks the hosts, all at once, whether they can take what is planned: the builder image of that reference.
 * @param only the names of those that the run is for; all by default
 * @throws a userError that names each host with a fault: then nothing has been changed anywhere.
 */
export async function prepareHosts(
  pis: LoadedSite["pis"],
  builderReference: string,
  only: string[] = Object.keys(pis),
): Promise<PreparedHost[]> {
  const asked = await Promise.all(
    Object.entries(pis)
      .filter(([name]) => only.includes(name))
      .map(async ([name, config]) => {
        const host = dockerHost(pulumi.getStack(), name, config);
        return { name, config, host, result: await readFacts(host) };
      }),
  );
  const found = (level: "error" | "warning") =>
    asked.flatMap(({ name, ...pi }) =>
      findingsOf(level, pi, builderReference).map((finding) => ({
        name,
        finding: finding.replaceAll("<stack>", pulumi.getStack()).replaceAll("<pi>", name),
      })),
    );
  // Once: an `up` runs the program for its preview, and again.
  if (pulumi.runtime.isDryRun()) {
    for (const { name, result } of asked)
      if ("facts" in result && !result.facts.dockerFault)
        await pulumi.log.info(`${name}: ${summary(result.facts)}`);
    for (const { name, finding } of found("warning")) await pulumi.log.warn(`${name}: ${finding}`);
  }
  const faults = found("error");
  if (faults.length > 0) {
    const faulty = new Set(faults.map(({ name }) => name));
    const others = asked.filter(({ name }) => !faulty.has(name)).map(({ name }) => name);
    throw userError(
      [
        "Nothing was changed:",
        ...faults.map(({ name, finding }) => `  ${name}: ${finding}`),
        ...(others.length > 0
          ? [`To bring up the others meanwhile: npm run up -- ${pulumi.getStack()} --only ${others.join()}`]
          : []),
      ].join("\n"),
    );
  }
  return asked.flatMap(({ name, config, host, result }) =>
    "facts" in result ? [{ name, config, host, facts: result.facts }] : [],
  );
}

function findingsOf(
  level: "error" | "warning",
  { config, host, result }: { config: PiConfig; host: DockerHost; result: FactsResult },
  builderReference: string,
): string[] {
  if ("fault" in result) return level === "error" ? [unreachable(host.uri, result.fault)] : [];
  const { volumes, adopts } = config;
  return findings(level, result.facts, {
    builds: !(builderReference in result.facts.images),
    volumes,
    adopts,
  });
}

/** What a person can do about each of ssh's own messages. */
const sshAdvice: [message: RegExp, advice: string][] = [
  [
    /verification failed.*UNKNOWN port/,
    "the jump host on the way there is not in your known_hosts: ssh to that by hand once",
  ],
  [
    /Host key verification failed/,
    "its host key is not the hostKey of the configuration, or that is not a whole key. If the Pi is a new one, take its " +
      "key from the Pi itself: cat /etc/ssh/ssh_host_ed25519_key.pub",
  ],
  [/no such identity/, "there is no such key file: see identityFile, and IdentityFile in ~/.ssh/config"],
  [
    /Bad configuration option: knownhosts/i,
    "your own ssh is older than OpenSSH 8.5 (ssh -V), which is needed",
  ],
  [
    /Permission denied/,
    "it does not accept your key: try ssh by hand, then ssh-copy-id, or name the key with identityFile; one with a passphrase " +
      "has to be in the agent (ssh-add)",
  ],
  [
    /Could not resolve|No route|timed out|refused|unreachable|closed by/i,
    "is it switched on and on the network, is its address right, does its sshd run?",
  ],
];

/** The message about a host that could not be asked at all: ssh's own words, and what to do. */
export function unreachable(uri: string, fault: string): string {
  const advice = sshAdvice.find(([message]) => message.test(fault))?.[1] ?? "try ssh by hand";
  return `${uri} cannot be asked: ${advice} (ssh said: ${fault})`;
}
