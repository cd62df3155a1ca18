import dgram from "node:dgram";
import { setTimeout as wait } from "node:timers/promises";

// A program: echo.ts LOCAL_PORT REMOTE_PORT COUNT. Sends that many packets of sound to an RTP port on this machine, and
// prints how many came back with the same sound in them. The scenario beside it starts it once the call is up.

/** Milliseconds between two packets of sound, and what one of them holds: 160 samples of PCMU. */
const packetInterval = 20;
const samplesPerPacket = 160;
const rtpHeader = 12;

function packetOf(sequence: number): Buffer {
  const packet = Buffer.alloc(rtpHeader + samplesPerPacket, sequence);
  packet.writeUInt16BE(0x8000, 0);
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(sequence * samplesPerPacket, 4);
  packet.writeUInt32BE(0x5e1f7e57, 8);
  return packet;
}

async function main([localPort = 0, remotePort = 0, count = 0]: number[]): Promise<void> {
  const socket = dgram.createSocket("udp4");
  const sent = new Set<string>();
  let echoed = 0;
  socket.on("message", (packet) => {
    if (sent.delete(packet.subarray(rtpHeader).toString("hex"))) echoed += 1;
  });
  await new Promise<void>((resolve) => socket.bind(localPort, "127.0.0.1", resolve));
  for (let sequence = 0; sequence < count; sequence++) {
    const packet = packetOf(sequence);
    sent.add(packet.subarray(rtpHeader).toString("hex"));
    socket.send(packet, remotePort, "127.0.0.1");
    await wait(packetInterval);
  }
  // The last packet's way back.
  await wait(10 * packetInterval);
  socket.close();
  console.log(echoed);
}

void main(process.argv.slice(2).map(Number));
