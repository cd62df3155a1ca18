import net from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import execa from "execa";
import type { Pi } from "./pi";

export interface LineOptions {
  /** Milliseconds from a question to its answer. */
  roundTrip: number;
  /** Of each direction. */
  mbitPerSecond: number;
  /** Of each direction, from 0 to 1. */
  loss: number;
}

/** A bad line to a Pi's sshd: what goes to `port` of this machine arrives there late, slowly, and lossy. */
export interface Line {
  /** What goes into `pis.<name>.host`. */
  host: string;
  /** Bytes that came from the operator so far, and from the Pi. */
  bytes(): { up: number; down: number };
  /** Takes the relay away. What slows and loses is part of the Pi: it goes with its power, and with the lab. */
  close(): Promise<void>;
}

/**
 * The delay is that of a relay, because few kernels have netem built in. Rate and loss are of the Pi's own cable: the loss
 * by rules inside of the Pi's network namespace, the rate by a queue at each end.
 */
export async function badLine(pi: Pi, { roundTrip, mbitPerSecond, loss }: LineOptions): Promise<Line> {
  const queue = ["root", "tbf", "rate", `${mbitPerSecond}mbit`, "burst", "16kb", "latency", "400ms"];
  await execa("tc", ["qdisc", "replace", "dev", pi.port, ...queue]);
  await pi.exec("tc", "qdisc", "replace", "dev", "eth0", ...queue);
  const lost = ["-m", "statistic", "--mode", "random", "--probability", String(loss), "-j", "DROP"];
  await pi.exec("iptables", "-w", "10", "-I", "INPUT", "-i", "eth0", ...lost);
  await pi.exec("iptables", "-w", "10", "-I", "OUTPUT", "-o", "eth0", ...lost);
  return relay(pi.address, roundTrip / 2);
}

/** Passes on to port 22 of `address` what it is sent, and the other way round, each byte `delay` ms after it came. */
export async function relay(address: string, delay: number): Promise<Line> {
  const count = { up: 0, down: 0 };
  const open = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (operator) => {
    const sshd = net.connect({ host: address, port: 22, allowHalfOpen: true });
    for (const socket of [operator, sshd]) open.add(socket.once("close", () => open.delete(socket)));
    const both = [
      pipeline(
        operator,
        late(delay, (bytes) => (count.up += bytes)),
        sshd,
      ),
      pipeline(
        sshd,
        late(delay, (bytes) => (count.down += bytes)),
        operator,
      ),
    ];
    // Either end may hang up at any time: ssh tells of it, and the pipeline takes the other end away.
    void Promise.allSettled(both);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("expected the relay to have a port");
  return {
    host: `ssh://pi@127.0.0.1:${bound.port}`,
    bytes: () => ({ ...count }),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Bytes on their way at one time; a sender has to wait then, as TCP has it do. */
const window = 256 * 1024;

/** Passes on each chunk that many ms after it came, in their order. */
export function late(delay: number, onBytes: (bytes: number) => void): Transform {
  let onTheirWay = 0;
  let resume: (() => void) | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      onTheirWay += chunk.length;
      setTimeout(() => {
        onTheirWay -= chunk.length;
        this.push(chunk);
        // It may take the next chunk at once, and have to wait again.
        const wasWaiting = resume;
        resume = undefined;
        wasWaiting?.();
      }, delay);
      if (onTheirWay < window) done();
      else resume = done;
    },
    // After the last chunk: timers of the same length fire in the order in which they were set.
    flush(done) {
      setTimeout(done, delay);
    },
  });
}
