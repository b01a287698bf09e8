import { afterAll, afterEach, describe, expect, it } from "vitest";
import { seededRandom } from "../random.js";
import { resample } from "./codecs/resample.js";
import { createMediaPlane } from "./create-media-plane.js";
import { parseRtp } from "./rtp/rtp.js";
import { concatAudio, monoFrame, tone } from "./send/tones.js";
import { likeness } from "./testing/correlation.js";
import type { End } from "./testing/plane-fixture.js";
import {
  agreed,
  closeAll,
  connectEnds,
  heardAudio,
  openEnd,
  PCMA,
  PCMU,
  peerSocket,
  plane,
  rtpPacket,
  sleep,
  sweep,
  until,
} from "./testing/plane-fixture.js";

// Several at once: they wait for audio to be played, and hardly do anything.
describe.concurrent("media plane", () => {
  afterAll(closeAll);

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
      expect(likeness(heard, resample(audio, sampleRate, 8000), 400)).toBeGreaterThan(0.9);
      expect(other.frames.every((frame) => frame.data.length === otherRate / 50)).toBe(true);
      expect(other.signals).toEqual([{ type: "audio_started" }]);
    });
  }

  it("speaks over Node's own sockets too, with what uses batches at the other end", async () => {
    const [batched, plain] = [plane({ sockets: "batched" }), plane({ sockets: "node" })];
    const [one, other] = [openEnd(batched), openEnd(plain)];
    await connectEnds(one, other);
    const audio = sweep(600, 8000);
    await Promise.all([
      one.port.write(monoFrame(audio, 8000)),
      other.port.write(monoFrame(audio, 8000)),
    ]);
    for (const end of [one, other]) {
      await until(() => end.frames.length > 40);
      expect(likeness(heardAudio(end), audio, 400)).toBeGreaterThan(0.9);
    }
    expect(() => plane({ sockets: "some" as never })).toThrow(/sockets is "some"/);
  });

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

  it("knows within half a second what a short call sent and heard", async () => {
    const shared = plane();
    const one = openEnd(shared);
    const other = openEnd(shared);
    await connectEnds(one, other);
    await until(() => one.frames.length >= 25);
    const { codec, packetsSent, packetsReceived } = one.port.stats();
    expect({ codec, sent: packetsSent > 5, received: packetsReceived > 5 }).toEqual({
      codec: "PCMU",
      sent: true,
      received: true,
    });
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

  it("keeps everything back while paused, and plays all of it afterwards", async () => {
    const end = openEnd(plane());
    const peer = await peerSocket();
    await end.port.local;
    end.port.connect(agreed({ address: "127.0.0.1", port: peer.port }));
    end.port.pause();
    const loud = tone({ frequenciesHz: [500], durationMs: 200, sampleRate: 8000 });
    await end.port.write(monoFrame(loud, 8000));
    let isMarked = false;
    const marked = end.port.mark().finally(() => {
      isMarked = true;
    });
    await until(() => peer.received.length >= 15);
    const isLoud = (datagram: Uint8Array) =>
      parseRtp(datagram)?.payload.some((byte) => byte !== 0xff) === true;
    expect(peer.received.filter(isLoud)).toEqual([]);
    expect([isMarked, end.port.queuedMs]).toEqual([false, 200]);
    end.port.resume();
    expect(await marked).toEqual({ playedMs: 200, interrupted: false });
    await until(() => peer.received.filter(isLoud).length === 10);
    expect(end.port.queuedMs).toBe(0);
  });

  it("can be heard by iterating over what comes in", async () => {
    const shared = plane();
    const [one, other] = [openEnd(shared), openEnd(shared)];
    await connectEnds(one, other);
    const { incoming } = other.port;
    await one.port.write(monoFrame(sweep(400, 8000), 8000));
    const heard: number[] = [];
    for await (const { data, sampleRate, channels } of incoming) {
      expect([data.length, sampleRate, channels]).toEqual([160, 8000, 1]);
      heard.push(...data);
      if (heard.length >= 8 * 600) break;
    }
    expect(likeness(Int16Array.from(heard), sweep(300, 8000), 800)).toBeGreaterThan(0.98);
  });

  it("carries a call through other codecs, packet lengths and keys, and through hold", async () => {
    const shared = plane({ codecs: ["PCMU", "PCMA", "G722", "OPUS"] });
    const [one, other] = [openEnd(shared), openEnd(shared)];
    const opus = { name: "OPUS", payloadType: 107, clockRate: 48_000, channels: 2 };
    const g722 = { name: "G722", payloadType: 9, clockRate: 8000 };
    const key = Uint8Array.from({ length: 30 }, (_, at) => at);
    const srtp = { suite: "AES_CM_128_HMAC_SHA1_80", sendKey: key, receiveKey: key } as const;
    const receive = [PCMU, PCMA, g722, opus];
    for (const change of [
      { send: PCMU },
      { send: opus, packetMs: 60 },
      { send: g722, packetMs: 30 },
      { send: PCMU, direction: "inactive" },
      { send: PCMA, packetMs: 10, srtp },
    ] as const) {
      await connectEnds(one, other, { receive, ...change });
      if (change.direction === "inactive") {
        await sleep(200);
        continue;
      }
      const from = other.frames.length;
      const said = sweep(400, 8000);
      await one.port.write(monoFrame(said, 8000));
      expect(await one.port.mark()).toEqual({ playedMs: 400, interrupted: false });
      await sleep(200);
      const heard = concatAudio(...other.frames.slice(from).map(({ data }) => data));
      // In short pieces: the delay fits itself to longer packets, by a pitch period at a time.
      expect([change.send.name, likeness(heard, said, 400) > 0.9]).toEqual([
        change.send.name,
        true,
      ]);
    }
    expect(other.signals).toEqual([{ type: "audio_started" }]);
    expect(other.port.stats().packetsLost).toBe(0);
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

  it("says why a port cannot be had", async () => {
    const end = openEnd(plane({ bindAddress: "192.0.2.1" }));
    await expect(end.port.local).rejects.toMatchObject({ code: "MEDIA_FAILED" });
    expect(end.signals).toMatchObject([{ type: "media_failed" }]);
  });

  it.each(["203.0.113.5", "media.example.com"])(
    "binds to all interfaces where %s, which it tells, is not its own",
    async (localAddress) => {
      const port = plane().open({
        callId: "call",
        localAddress,
        sampleRate: 8000,
        rtpLostMs: 5_000,
        onSignal: () => {},
      });
      const local = await port.local;
      expect(local.address).toBe(localAddress);
      const peer = await peerSocket();
      port.connect(agreed({ address: "127.0.0.1", port: peer.port }));
      await until(() => peer.received.length > 2);
    },
  );

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

describe("media plane, by itself", () => {
  afterEach(closeAll);

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
});
