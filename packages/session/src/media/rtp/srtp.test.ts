import { describe, expect, it } from "vitest";
import { RtpPacket, SrtcpSession, SrtpSession } from "werift-rtp";
import { concatAudio, tone } from "../send/tones.js";
import { correlation } from "../testing/correlation.js";
import { VirtualLine } from "../testing/virtual-line.js";
import { writeRtcpReport } from "./rtcp.js";
import { RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.js";
import { SrtpContext, srtpKeyBytes } from "./srtp.js";
import { SrtpPair } from "./srtp-pair.js";

const SUITES = ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"] as const;
/** The protection profiles of RFC 5764 and RFC 7714. */
const PROFILES = { AES_CM_128_HMAC_SHA1_80: 1, AEAD_AES_128_GCM: 7 } as const;

function keyFor(suite: (typeof SUITES)[number], seed = 1): Uint8Array {
  return Uint8Array.from({ length: srtpKeyBytes(suite) }, (_, index) => (index * 7 + seed) & 0xff);
}

function rtp(sequence: number): Uint8Array {
  const packet = new Uint8Array(RTP_HEADER_BYTES + 160).fill(sequence & 0xff);
  writeRtpHeader(packet, {
    payloadType: 0,
    marker: false,
    sequence: sequence & 0xffff,
    timestamp: sequence * 160,
    ssrc: 0xcafebabe,
  });
  return packet;
}

function protect(context: SrtpContext, packet: Uint8Array): Uint8Array {
  const room = new Uint8Array(400);
  room.set(packet);
  return room.slice(0, context.protect(room, packet.length));
}

function peerOptions(suite: (typeof SUITES)[number]) {
  const key = Buffer.from(keyFor(suite));
  const [master, salt] = [key.subarray(0, 16), key.subarray(16)];
  return {
    profile: PROFILES[suite],
    keys: {
      localMasterKey: master,
      localMasterSalt: salt,
      remoteMasterKey: master,
      remoteMasterSalt: salt,
    },
  };
}

describe.each(SUITES)("SRTP with %s", (suite) => {
  it("is read by another implementation, and reads it", () => {
    const ours = new SrtpContext(suite, keyFor(suite));
    const theirs = new SrtpSession(peerOptions(suite));
    for (const sequence of [1, 2, 3]) {
      expect(new Uint8Array(theirs.decrypt(Buffer.from(protect(ours, rtp(sequence)))))).toEqual(
        rtp(sequence),
      );
    }
    const { payload, header } = RtpPacket.deSerialize(Buffer.from(rtp(4)));
    expect(ours.unprotect(theirs.encrypt(payload, header))).toEqual(rtp(4));
  });

  it("has its reports read by another implementation, and reads theirs", () => {
    const ours = new SrtpContext(suite, keyFor(suite));
    const theirs = new SrtcpSession(peerOptions(suite));
    const room = new Uint8Array(200);
    const length = writeRtcpReport(room, { ssrc: 5, cname: "abc" });
    const report = room.slice(0, length);
    const sealed = room.slice(0, ours.protectReport(room, length));
    expect(new Uint8Array(theirs.decrypt(Buffer.from(sealed)))).toEqual(report);
    const reader = new SrtpContext(suite, keyFor(suite));
    expect(reader.unprotectReport(theirs.encrypt(Buffer.from(report)))).toEqual(
      Buffer.from(report),
    );
    expect(reader.unprotectReport(sealed.subarray(0, 20))).toBeUndefined();
  });

  it("counts on over the wrap of the sequence number, in and out of order", () => {
    const sender = new SrtpContext(suite, keyFor(suite));
    const receiver = new SrtpContext(suite, keyFor(suite));
    const packets = [65_533, 65_534, 65_535, 65_536, 65_537, 65_538].map((sequence) => ({
      sequence,
      sealed: protect(sender, rtp(sequence)),
    }));
    for (const index of [0, 1, 3, 2, 5, 4]) {
      const packet = packets[index];
      if (packet) expect(receiver.unprotect(packet.sealed)).toEqual(rtp(packet.sequence));
    }
  });

  it("is read from after a wrap on, where nothing came before it", () => {
    const sender = new SrtpContext(suite, keyFor(suite));
    const receiver = new SrtpContext(suite, keyFor(suite));
    for (let sequence = 65_500; sequence < 65_540; sequence++) protect(sender, rtp(sequence));
    for (const sequence of [65_540, 65_542, 65_541]) {
      const sealed = protect(sender, rtp(sequence));
      if (sequence !== 65_541) expect(receiver.unprotect(sealed)).toEqual(rtp(sequence));
    }
    const forged = protect(new SrtpContext(suite, keyFor(suite, 2)), rtp(9));
    expect(new SrtpContext(suite, keyFor(suite)).unprotect(forged)).toBeUndefined();
  });

  it("refuses what was replayed, changed, cut or made with another key", () => {
    const sender = new SrtpContext(suite, keyFor(suite));
    const receiver = new SrtpContext(suite, keyFor(suite));
    const sealed = protect(sender, rtp(1));
    const changed = sealed.slice();
    changed[20] = (changed[20] ?? 0) ^ 1;
    const lied = sealed.slice();
    lied[0] = 0x9f;
    const foreign = protect(new SrtpContext(suite, keyFor(suite, 2)), rtp(2));
    expect(receiver.unprotect(changed)).toBeUndefined();
    expect(receiver.unprotect(lied)).toBeUndefined();
    expect(receiver.unprotect(foreign)).toBeUndefined();
    for (let length = 0; length < sealed.length; length++) {
      expect(receiver.unprotect(sealed.subarray(0, length))).toBeUndefined();
    }
    expect(receiver.unprotect(sealed)).toEqual(rtp(1));
    expect(receiver.unprotect(sealed)).toBeUndefined();
    for (let sequence = 2; sequence < 300; sequence++) {
      receiver.unprotect(protect(sender, rtp(sequence)));
    }
    expect(receiver.unprotect(sealed)).toBeUndefined();
  });

  it("is read with what names the key in its packets (MKI), and where that is never written", () => {
    const mki = Uint8Array.of(0, 0, 0, 9);
    const tagBytes = suite === "AEAD_AES_128_GCM" ? 0 : 10;
    const named = (sealed: Uint8Array, name = mki) => {
      const tagAt = sealed.length - tagBytes;
      return Uint8Array.from([...sealed.subarray(0, tagAt), ...name, ...sealed.subarray(tagAt)]);
    };
    const sender = new SrtpContext(suite, keyFor(suite));
    const receiver = new SrtpContext(suite, keyFor(suite));
    const first = named(protect(sender, rtp(1)));
    expect(receiver.unprotect(first)).toBeUndefined();
    receiver.mki = mki;
    expect(receiver.unprotect(first)).toEqual(rtp(1));
    expect(receiver.unprotect(first)).toBeUndefined();
    expect(receiver.unprotect(protect(sender, rtp(2)))).toEqual(rtp(2));
    const foreign = named(protect(sender, rtp(3)), Uint8Array.of(0, 0, 0, 8));
    expect(receiver.unprotect(foreign)).toBeUndefined();
    const room = new Uint8Array(200);
    const length = writeRtcpReport(room, { ssrc: 5, cname: "abc" });
    const report = room.slice(0, length);
    const sealed = named(room.slice(0, sender.protectReport(room, length)));
    expect(receiver.unprotectReport(sealed)).toEqual(Buffer.from(report));
    for (const short of [0, 1, 3, 4, 9, 14]) {
      expect(receiver.unprotect(mki.subarray(0, short))).toBeUndefined();
      expect(receiver.unprotectReport(sealed.subarray(0, short))).toBeUndefined();
    }
  });

  it("is read by the name that the peer's offer gave the key, and by a new one from then on", () => {
    const key = keyFor(suite);
    const keys = { suite, sendKey: keyFor(suite, 2), receiveKey: key };
    const sender = new SrtpContext(suite, key);
    const tagBytes = suite === "AEAD_AES_128_GCM" ? 0 : 10;
    const named = (sequence: number, name: number) => {
      const sealed = protect(sender, rtp(sequence));
      const tagAt = sealed.length - tagBytes;
      return Uint8Array.from([...sealed.subarray(0, tagAt), name, ...sealed.subarray(tagAt)]);
    };
    const first = new SrtpPair({ ...keys, receiveMki: Uint8Array.of(1) }, undefined);
    expect(first.receive.unprotect(named(1, 1))).toEqual(rtp(1));
    const next = new SrtpPair({ ...keys, receiveMki: Uint8Array.of(2) }, first);
    expect(next.receive.unprotect(named(2, 2))).toEqual(rtp(2));
  });

  it("carries a call, and drops whatever is not genuine", () => {
    const key = keyFor(suite);
    const line = new VirtualLine({ agreed: { srtp: { suite, sendKey: key, receiveKey: key } } });
    const audio = tone({ frequenciesHz: [500, 800], durationMs: 500, sampleRate: 8000 });
    line.far.playout.write(audio);
    for (let sequence = 0; sequence < 50; sequence++) line.inject(rtp(sequence));
    const heard = concatAudio(...line.run(8_000));
    expect(correlation(heard.subarray(0, 8000), audio)).toBeGreaterThan(0.99);
    expect(line.near.stats.packetsDropped).toBe(50);
  });
});
