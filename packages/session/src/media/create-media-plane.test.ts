import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { seededRandom } from "../random.js";
import type { HeardFrame } from "../vocabulary.js";
import type { CallSampleRate } from "./call-audio.js";
import { correlation, likeness } from "./correlation.js";
import { createMediaPlane, type MediaPlaneOptions } from "./create-media-plane.js";
import { decodeG711 } from "./g711.js";
import type { AgreedMedia, MediaPlane, MediaPort, MediaSignal } from "./media-plane.js";
import { resample } from "./resample.js";
import { parseRtp, RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.js";
import { concatAudio, monoFrame, tone } from "./tones.js";
import { readWav } from "./wav.js";

const PCMU = { name: "PCMU", payloadType: 0, clockRate: 8000 };
const PCMA = { name: "PCMA", payloadType: 8, clockRate: 8000 };
const EVENTS = { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8000 };

interface End {
  readonly port: MediaPort;
  readonly signals: MediaSignal[];
  readonly frames: HeardFrame[];
}

const planes: MediaPlane[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  await Promise.all(planes.splice(0).map((plane) => plane.close()));
  for (const socket of sockets.splice(0)) socket.close();
});

function plane(options: MediaPlaneOptions = {}): MediaPlane {
  const made = createMediaPlane(options);
  planes.push(made);
  return made;
}

function openEnd(on: MediaPlane, sampleRate: CallSampleRate = 8000, rtpLostMs = 5_000): End {
  const signals: MediaSignal[] = [];
  const frames: HeardFrame[] = [];
  const port = on.open({
    callId: "call",
    localAddress: "127.0.0.1",
    sampleRate,
    rtpLostMs,
    onSignal: (signal) => signals.push(signal),
  });
  port.onFrame((frame) => frames.push(frame));
  return { port, signals, frames };
}

function agreed(remote: { address: string; port: number }, rest: Partial<AgreedMedia> = {}) {
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

async function connectEnds(one: End, other: End, rest: Partial<AgreedMedia> = {}): Promise<void> {
  const [at, otherAt] = await Promise.all([one.port.local, other.port.local]);
  one.port.connect(agreed(otherAt, rest));
  other.port.connect(agreed(at, rest));
}

/** A socket that plays the part of a peer by hand. */
async function peerSocket(): Promise<{ socket: Socket; port: number; received: Uint8Array[] }> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  const received: Uint8Array[] = [];
  socket.on("message", (datagram) => received.push(datagram));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { socket, port: socket.address().port, received };
}

function rtpPacket(sequence: number, payload: Uint8Array, payloadType = 0): Uint8Array {
  const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  writeRtpHeader(packet, {
    payloadType,
    marker: false,
    sequence,
    timestamp: sequence * 160,
    ssrc: 7,
  });
  packet.set(payload, RTP_HEADER_BYTES);
  return packet;
}

async function until(condition: () => boolean, withinMs = 3_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come true in time");
    await sleep(5);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Something that does not repeat itself, so that correlation finds its place. */
function sweep(durationMs: number, sampleRate: number): Int16Array {
  const samples = new Int16Array((durationMs * sampleRate) / 1000);
  for (const index of samples.keys()) {
    const seconds = index / sampleRate;
    samples[index] = 8000 * Math.sin(2 * Math.PI * (300 * seconds + 1000 * seconds * seconds));
  }
  return samples;
}

function heardAudio(end: End): Int16Array {
  return concatAudio(...end.frames.map((frame) => frame.data));
}

describe("media plane", () => {
  for (const [send, sampleRate, otherRate] of [
    [PCMU, 8000, 8000],
    [PCMA, 16_000, 48_000],
    [PCMU, 24_000, 16_000],
  ] as const) {
    it(`carries ${send.name} from ${sampleRate} Hz to ${otherRate} Hz so that it sounds the same`, async () => {
      const shared = plane();
      const one = openEnd(shared, sampleRate);
      const other = openEnd(shared, otherRate);
      await connectEnds(one, other, { send });
      const audio = sweep(600, sampleRate);
      await one.port.write(monoFrame(audio, sampleRate));
      const played = await one.port.mark();
      expect(played).toEqual({ playedMs: 600, interrupted: false });
      await until(() => other.frames.length > 40);
      const heard = resample(heardAudio(other), otherRate, 8000);
      expect(likeness(heard, resample(audio, sampleRate, 8000), 400)).toBeGreaterThan(0.97);
      expect(other.frames.every((frame) => frame.data.length === otherRate / 50)).toBe(true);
      expect(other.signals).toEqual([{ type: "audio_started" }]);
    });
  }

  it("stamps frames 20 ms apart and with the phase they were heard in", async () => {
    const shared = plane();
    const one = openEnd(shared);
    const other = openEnd(shared);
    await connectEnds(one, other);
    await until(() => one.frames.length >= 5);
    one.port.setPhase("active");
    await until(() => one.signals.length === 2 && one.frames.at(-1)?.phase === "active");
    expect(one.frames[0]?.phase).toBe("early");
    expect(one.signals).toEqual([{ type: "audio_started" }, { type: "audio_started" }]);
    const times = one.frames.map((frame) => frame.atMs);
    for (const [index, atMs] of times.slice(1).entries()) {
      expect(atMs - (times[index] ?? 0)).toBeCloseTo(20, 3);
    }
  });

  it("sends digits both ways, one signal each", async () => {
    const shared = plane();
    const one = openEnd(shared);
    const other = openEnd(shared);
    await connectEnds(one, other);
    await Promise.all([
      one.port.sendDtmf("12#", { durationMs: 80, gapMs: 60 }),
      other.port.sendDtmf("D", { durationMs: 200 }),
    ]);
    const digits = (end: End) =>
      end.signals.flatMap((signal) => (signal.type === "dtmf" ? [signal] : []));
    await until(() => digits(other).length === 3 && digits(one).length === 1);
    expect(digits(other).map((signal) => [signal.digit, signal.durationMs])).toEqual([
      ["1", 80],
      ["2", 80],
      ["#", 80],
    ]);
    expect(digits(one)).toEqual([{ type: "dtmf", digit: "D", durationMs: 200, via: "rtp" }]);
    await expect(one.port.sendDtmf("1x")).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  it("always sends something, and clears to silence with the position that was heard", async () => {
    const shared = plane();
    const end = openEnd(shared);
    const peer = await peerSocket();
    await end.port.local;
    end.port.connect(agreed({ address: "127.0.0.1", port: peer.port }));
    await until(() => peer.received.length >= 5);
    const loud = tone({ frequenciesHz: [500], durationMs: 2_000, sampleRate: 8000 });
    await end.port.write(monoFrame(loud, 8000));
    const isLoud = (datagram: Uint8Array) =>
      parseRtp(datagram)?.payload.some((byte) => byte !== 0xff) === true;
    const marked = end.port.mark();
    await until(() => peer.received.filter(isLoud).length >= 5);
    const { playedMs } = await end.port.clear();
    expect(await marked).toEqual({ playedMs, interrupted: true });
    expect(end.port.queuedMs).toBe(0);
    const count = peer.received.length;
    await until(() => peer.received.length > count + 5);
    expect(peer.received.filter(isLoud).length * 20).toBe(playedMs);
    const numbers = peer.received.map((datagram) => parseRtp(datagram)?.sequence ?? 0);
    expect(
      numbers.every((number, i) => i === 0 || number === ((numbers[i - 1] ?? 0) + 1) % 65_536),
    ).toBe(true);
  });

  it("holds back a writer who is far ahead", async () => {
    const end = openEnd(plane());
    const peer = await peerSocket();
    await end.port.local;
    await end.port.write(monoFrame(new Int16Array(15_900), 8000));
    let room = false;
    const written = end.port.write(monoFrame(new Int16Array(320), 8000)).then(() => {
      room = true;
    });
    await sleep(60);
    expect(room).toBe(false);
    expect(end.port.queuedMs).toBeCloseTo(2_027.5);
    end.port.connect(agreed({ address: "127.0.0.1", port: peer.port }));
    await written;
    expect(end.port.queuedMs).toBeLessThan(2_000);
    await expect(end.port.write(monoFrame(new Int16Array(160), 16_000))).rejects.toMatchObject({
      code: "INVALID_AUDIO",
    });
  });

  it("tells when audio is lost and when it comes back, but not on hold", async () => {
    const end = openEnd(plane(), 8000, 100);
    const peer = await peerSocket();
    const { port } = await end.port.local;
    const remote = { address: "127.0.0.1", port: peer.port };
    end.port.connect(agreed(remote));
    const speech = new Uint8Array(160).fill(0x80);
    const say = (sequence: number) =>
      peer.socket.send(rtpPacket(sequence, speech), port, "127.0.0.1");
    say(1);
    await until(() => end.signals.length === 2);
    say(2);
    await until(() => end.signals.length === 3);
    expect(end.signals.map((signal) => signal.type)).toEqual([
      "audio_started",
      "audio_lost",
      "audio_resumed",
    ]);
    end.port.connect(agreed(remote, { direction: "inactive" }));
    await sleep(200);
    expect(end.signals).toHaveLength(3);
  });

  it("answers to where the media comes from, and lets no stranger take it over", async () => {
    const end = openEnd(plane());
    const behindNat = await peerSocket();
    const stranger = await peerSocket();
    const { port } = await end.port.local;
    end.port.connect(agreed({ address: "127.0.0.1", port: 9 }));
    const loud = new Uint8Array(160).fill(0x80);
    for (let sequence = 1; sequence <= 5; sequence++) {
      behindNat.socket.send(rtpPacket(sequence, loud), port, "127.0.0.1");
    }
    await until(() => behindNat.received.length > 3);
    for (let sequence = 100; sequence < 200; sequence++) {
      stranger.socket.send(rtpPacket(sequence, loud), port, "127.0.0.1");
    }
    const count = behindNat.received.length;
    await until(() => behindNat.received.length > count + 5);
    expect(stranger.received).toHaveLength(0);
    await until(() => end.port.stats().packetsReceived > 0);
    expect(end.port.stats().packetsReceived).toBeLessThanOrEqual(5);
  });

  it("survives whatever is thrown at its socket", async () => {
    const end = openEnd(plane());
    const peer = await peerSocket();
    const { port } = await end.port.local;
    end.port.connect(agreed({ address: "127.0.0.1", port: peer.port }));
    const random = seededRandom(7);
    for (let index = 0; index < 500; index++) {
      const bytes = Uint8Array.from({ length: Math.floor(random.unit() * 60) }, () =>
        Math.floor(random.unit() * 256),
      );
      if (index % 2 === 0 && bytes.length > 2) {
        bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
        bytes[1] = index % 4 === 0 ? 0 : 101;
      }
      peer.socket.send(bytes, port, "127.0.0.1");
    }
    await sleep(50);
    const count = peer.received.length;
    await until(() => peer.received.length > count + 10);
    await until(() => end.port.stats().packetsDropped > 100);
    expect(end.signals.filter((signal) => signal.type === "media_failed")).toEqual([]);
  });

  it("does not interrupt the line while the main thread is blocked", async () => {
    const [sending, hearing] = [plane(), plane()];
    const one = openEnd(sending);
    const other = openEnd(hearing);
    await connectEnds(one, other);
    await until(() => other.frames.length > 5);
    const before = { lost: other.port.stats().packetsLost, frames: other.frames.length };
    await one.port.write(
      monoFrame(tone({ frequenciesHz: [440], durationMs: 900, sampleRate: 8000 }), 8000),
    );
    const until500 = performance.now() + 500;
    while (performance.now() < until500);
    const played = await one.port.mark();
    expect(played.playedMs).toBe(900);
    await until(() => other.frames.length > before.frames + 45);
    const loud = other.frames
      .slice(before.frames)
      .map((frame) => frame.data.some((sample) => Math.abs(sample) > 1000));
    const begin = loud.indexOf(true);
    // A gap on the wire would be a quiet frame in the middle of the tone.
    expect(loud.slice(begin, begin + 44)).not.toContain(false);
    expect(other.port.stats().packetsLost).toBe(before.lost);
  });

  it("settles everything when it closes, and leaves no thread behind", async () => {
    const shared = plane();
    const end = openEnd(shared);
    await end.port.local;
    await end.port.write(monoFrame(new Int16Array(15_900), 8000));
    const pending = [
      end.port.write(monoFrame(new Int16Array(1600), 8000)),
      end.port.mark(),
      end.port.clear(),
    ];
    const digits = end.port.sendDtmf("1");
    const reader = end.port.incoming.getReader();
    await shared.close();
    expect((await Promise.all(pending))[1]).toEqual({ playedMs: 0, interrupted: true });
    await expect(digits).rejects.toMatchObject({ code: "CALL_ENDED" });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    await expect(end.port.write(monoFrame(new Int16Array(160), 8000))).rejects.toMatchObject({
      code: "CALL_ENDED",
    });
    expect(await end.port.mark()).toEqual({ playedMs: 0, interrupted: true });
    expect(() => openEnd(shared)).toThrow("closed");
    expect(process.getActiveResourcesInfo()).not.toContain("Worker");
  });

  it("records caller and agent on one time line, also what is cut off by the end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "offhook-"));
    try {
      const path = join(folder, "call.wav");
      const [near, far] = [plane(), plane()];
      const one = openEnd(near);
      const other = openEnd(far);
      await connectEnds(one, other);
      const recording = await one.port.record?.(path);
      await expect(one.port.record?.(path)).rejects.toMatchObject({ code: "MEDIA_FAILED" });
      const [said, heard] = [
        sweep(300, 8000),
        tone({ frequenciesHz: [700], durationMs: 300, sampleRate: 8000 }),
      ];
      await Promise.all([
        one.port.write(monoFrame(said, 8000)),
        other.port.write(monoFrame(heard, 8000)),
      ]);
      await Promise.all([one.port.mark(), other.port.mark()]);
      await sleep(150);
      await near.close();
      const { durationMs } = (await recording?.stop()) ?? { durationMs: 0 };
      const { samples, channels } = readWav(await readFile(path));
      expect(channels).toBe(2);
      expect(samples.length / 16).toBe(durationMs);
      const channel = (index: number) => samples.filter((_, at) => at % 2 === index);
      expect(likeness(channel(0), heard, 400)).toBeGreaterThan(0.97);
      expect(correlation(channel(1), said)).toBeGreaterThan(0.97);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("plays background sound under silence and speech", async () => {
    const end = openEnd(plane());
    const peer = await peerSocket();
    await end.port.local;
    end.port.setBackground?.(new Int16Array(100).fill(8000), { gainDb: -20 });
    end.port.connect(agreed({ address: "127.0.0.1", port: peer.port }));
    await until(() => peer.received.length >= 3);
    const payload = parseRtp(peer.received[2] ?? new Uint8Array(0))?.payload ?? new Uint8Array(0);
    const samples = new Int16Array(160);
    decodeG711("mu", payload, samples);
    expect(Math.abs((samples[0] ?? 0) - 800)).toBeLessThan(40);
  });

  it("hears digits in the sound of a peer that sends no events", async () => {
    const shared = plane();
    const one = openEnd(shared);
    const other = openEnd(shared);
    const [at, otherAt] = await Promise.all([one.port.local, other.port.local]);
    const { sendTelephoneEvent: _, ...plain } = agreed(otherAt, { receive: [PCMU] });
    one.port.connect(plain);
    other.port.connect({ ...plain, remote: at });
    await one.port.sendDtmf("7#", { durationMs: 100 });
    await until(() => other.signals.filter((signal) => signal.type === "dtmf").length === 2);
    expect(other.signals.slice(1)).toMatchObject([
      { type: "dtmf", digit: "7", via: "audio" },
      { type: "dtmf", digit: "#", via: "audio" },
    ]);
  });

  for (const [name, send] of [
    ["G.722", { name: "G722", payloadType: 9, clockRate: 8000 }],
    ["Opus", { name: "OPUS", payloadType: 111, clockRate: 48_000, channels: 2 }],
  ] as const) {
    it(`carries wideband sound with ${name}, under a payload type for each direction`, async () => {
      const shared = plane({ codecs: ["G722", "OPUS"] });
      const one = openEnd(shared, 16_000);
      const other = openEnd(shared, 16_000);
      const [at, otherAt] = await Promise.all([one.port.local, other.port.local]);
      const theirs = { ...send, payloadType: 120 };
      one.port.connect(agreed(otherAt, { send: theirs, receive: [send], packetMs: 40 }));
      other.port.connect(agreed(at, { send, receive: [theirs] }));
      const high = tone({ frequenciesHz: [900, 5_500], durationMs: 400, sampleRate: 16_000 });
      await one.port.write(monoFrame(high, 16_000));
      await one.port.mark();
      await until(() => other.frames.length > 30);
      const middle = high.subarray(1600, 4800);
      expect(likeness(heardAudio(other), middle, 800)).toBeGreaterThan(0.95);
    });
  }

  it("says why a port cannot be had", async () => {
    const end = openEnd(plane({ bindAddress: "192.0.2.1" }));
    await expect(end.port.local).rejects.toMatchObject({ code: "MEDIA_FAILED" });
    expect(end.signals).toMatchObject([{ type: "media_failed" }]);
  });

  it("takes even ports from the range it was given", async () => {
    const shared = plane({ ports: { min: 42_001, max: 42_100 }, workers: 2 });
    const ends = [openEnd(shared), openEnd(shared), openEnd(shared)];
    const locals = await Promise.all(ends.map((end) => end.port.local));
    expect(new Set(locals.map((local) => local.port)).size).toBe(3);
    for (const { port } of locals) {
      expect(port % 2).toBe(0);
      expect(port).toBeGreaterThanOrEqual(42_001);
      expect(port).toBeLessThanOrEqual(42_100);
    }
    expect(() => createMediaPlane({ workers: 0 })).toThrow("workers is 0");
  });
});
