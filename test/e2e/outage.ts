import dgram from "node:dgram";
import { setTimeout as wait } from "node:timers/promises";
import type { Pi } from "../lab/pi";

/** Milliseconds between two questions. */
const interval = 50;

/**
 * Asks Asterisk on the Pi from outside, by SIP OPTIONS over UDP, for as long as `during` runs. Returns the seconds of the
 * longest time without an answer.
 */
export async function longestSilence(pi: Pi, during: () => Promise<unknown>): Promise<number> {
  const socket = dgram.createSocket("udp4");
  // From one answer to the next, whatever it says: that it comes is what shows a PBX which is up.
  let last = performance.now();
  let longest = 0;
  const answered = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  socket.on("message", answered);
  // A port that nobody listens on is told by ICMP: no answer either.
  socket.on("error", () => undefined);
  await new Promise<void>((bound) => socket.bind(0, bound));
  let asking = true;
  const ask = async () => {
    for (let n = 0; asking; n++) {
      socket.send(options(pi.address, socket.address().port, n), 5060, pi.address);
      await wait(interval);
    }
  };
  try {
    const asked = ask();
    await during();
    asking = false;
    await asked;
    answered();
  } finally {
    asking = false;
    socket.close();
  }
  return longest / 1000;
}

function options(address: string, port: number, n: number): string {
  const lines = [
    `OPTIONS sip:${address} SIP/2.0`,
    `Via: SIP/2.0/UDP 0.0.0.0:${port};branch=z9hG4bK${n};rport`,
    "From: <sip:test@invalid>;tag=1",
    `To: <sip:${address}>`,
    `Call-ID: ${n}@invalid`,
    `CSeq: ${n + 1} OPTIONS`,
    "Max-Forwards: 70",
    "Content-Length: 0",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
