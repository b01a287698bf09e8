/** What the tests of the media plane have in common: ports, peers made by hand, and waiting. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { HeardFrame } from "../../vocabulary.js";
import type { CallSampleRate } from "../call-audio.js";
import { createMediaPlane, type MediaPlaneOptions } from "../create-media-plane.js";
import type { AgreedMedia, MediaPlane, MediaPort, MediaSignal } from "../media-plane.js";
import { RTP_HEADER_BYTES, writeRtpHeader } from "../rtp/rtp.js";
import { concatAudio } from "../send/tones.js";

export const PCMU = { name: "PCMU", payloadType: 0, clockRate: 8000 };
export const PCMA = { name: "PCMA", payloadType: 8, clockRate: 8000 };
export const EVENTS = { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8000 };

export interface End {
  readonly port: MediaPort;
  readonly signals: MediaSignal[];
  readonly frames: HeardFrame[];
}

const planes: MediaPlane[] = [];
const sockets: Socket[] = [];

/** Closes every plane and socket that was made here; for `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(planes.splice(0).map((made) => made.close()));
  for (const socket of sockets.splice(0)) socket.close();
}

export function plane(options: MediaPlaneOptions = {}): MediaPlane {
  const made = createMediaPlane(options);
  planes.push(made);
  return made;
}

export function openEnd(
  on: MediaPlane,
  sampleRate: CallSampleRate = 8000,
  rtpLostMs = 5_000,
  remote?: AgreedMedia["remote"],
): End {
  const signals: MediaSignal[] = [];
  const frames: HeardFrame[] = [];
  const port = on.open({
    callId: "call",
    localAddress: "127.0.0.1",
    sampleRate,
    rtpLostMs,
    remote,
    onSignal: (signal) => signals.push(signal),
  });
  port.onFrame((frame) => frames.push(frame));
  return { port, signals, frames };
}

export function agreed(remote: { address: string; port: number }, rest: Partial<AgreedMedia> = {}) {
  return {
    remote,
    direction: "sendrecv",
    send: PCMU,
    receive: [PCMU, PCMA, EVENTS],
    sendTelephoneEvent: EVENTS,
    packetMs: 20,
    ...rest,
  } satisfies AgreedMedia;
}

export async function connectEnds(
  one: End,
  other: End,
  rest: Partial<AgreedMedia> = {},
): Promise<void> {
  const [at, otherAt] = await Promise.all([one.port.local, other.port.local]);
  one.port.connect(agreed(otherAt, rest));
  other.port.connect(agreed(at, rest));
}

/** A socket that plays the part of a peer by hand. */
export async function peerSocket(): Promise<{
  socket: Socket;
  port: number;
  received: Uint8Array[];
}> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  const received: Uint8Array[] = [];
  socket.on("message", (datagram) => received.push(datagram));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { socket, port: socket.address().port, received };
}

export function rtpPacket(
  sequence: number,
  payload: Uint8Array,
  payloadType = 0,
  ssrc = 7,
): Uint8Array {
  const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  writeRtpHeader(packet, {
    payloadType,
    marker: false,
    sequence,
    timestamp: sequence * 160,
    ssrc,
  });
  packet.set(payload, RTP_HEADER_BYTES);
  return packet;
}

export async function until(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come true in time");
    await sleep(5);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Something that does not repeat itself, so that correlation finds its place. */
export function sweep(durationMs: number, sampleRate: number): Int16Array {
  const samples = new Int16Array((durationMs * sampleRate) / 1000);
  for (const index of samples.keys()) {
    const seconds = index / sampleRate;
    samples[index] = 8000 * Math.sin(2 * Math.PI * (300 * seconds + 1000 * seconds * seconds));
  }
  return samples;
}

export function heardAudio(end: End): Int16Array {
  return concatAudio(...end.frames.map((frame) => frame.data));
}
