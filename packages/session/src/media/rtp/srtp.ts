import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import type { AgreedMedia } from "../media-plane.js";
import { RTP_HEADER_BYTES, uint16, uint32, writeUint32 } from "./rtp.js";
import { SrtpReplayWindow } from "./srtp-replay.js";

type Suite = NonNullable<AgreedMedia["srtp"]>["suite"];

const KEY_BYTES = 16;
const LABELS = { rtp: { key: 0, auth: 1, salt: 2 }, rtcp: { key: 3, auth: 4, salt: 5 } } as const;
const SUITES = {
  AES_CM_128_HMAC_SHA1_80: { saltBytes: 14, tagBytes: 10 },
  AEAD_AES_128_GCM: { saltBytes: 12, tagBytes: 16 },
} as const;
/** Marks an SRTCP packet as encrypted. */
const ENCRYPTED_BIT = 0x8000_0000;
const RTCP_HEADER_BYTES = 8;

/** How many bytes of master key and salt a suite's SDES key holds (RFC 4568 6.2, RFC 7714 14). */
export function srtpKeyBytes(suite: Suite): number {
  return KEY_BYTES + SUITES[suite].saltBytes;
}

interface SessionKeys {
  readonly key: Uint8Array;
  readonly auth: Uint8Array;
  readonly salt: Uint8Array;
}

/**
 * One direction of SRTP and SRTCP (RFC 3711, RFC 7714) under one SDES key, which is master key and
 * salt in one. Ciphers and digests are node:crypto's.
 */
export class SrtpContext {
  private readonly suite: Suite;
  private readonly rtp: SessionKeys;
  private readonly rtcp: SessionKeys;
  /** One entry for each SSRC heard or sent. */
  private readonly streams = new Map<number, SrtpReplayWindow>();
  private readonly reports = new Map<number, SrtpReplayWindow>();
  private reportIndex = 0;
  private readonly iv = new Uint8Array(16);
  /** What the sender may write into its packets to name its key (MKI): there is only this one. */
  mki: Uint8Array | undefined;

  /** `key` has `srtpKeyBytes`; a RangeError otherwise. */
  constructor(suite: Suite, key: Uint8Array) {
    if (key.length !== srtpKeyBytes(suite)) {
      throw new RangeError(
        `a key for ${suite} has ${srtpKeyBytes(suite)} bytes, not ${key.length}`,
      );
    }
    this.suite = suite;
    const masterKey = key.subarray(0, KEY_BYTES);
    const masterSalt = new Uint8Array(14);
    masterSalt.set(key.subarray(KEY_BYTES));
    const { saltBytes } = SUITES[suite];
    const keysFor = (labels: { key: number; auth: number; salt: number }): SessionKeys => ({
      key: derive(masterKey, masterSalt, labels.key, KEY_BYTES),
      auth: derive(masterKey, masterSalt, labels.auth, 20),
      salt: derive(masterKey, masterSalt, labels.salt, saltBytes),
    });
    this.rtp = keysFor(LABELS.rtp);
    this.rtcp = keysFor(LABELS.rtcp);
  }

  /** Encrypts the RTP packet in the first `length` bytes in place; returns its new length. */
  protect(packet: Uint8Array, length: number): number {
    const ssrc = uint32(packet, 8);
    const sequence = uint16(packet, 2);
    const stream = windowOf(this.streams, ssrc);
    const index = stream.indexOf(sequence);
    stream.accept(index);
    const header = packet.subarray(0, RTP_HEADER_BYTES);
    const body = packet.subarray(RTP_HEADER_BYTES, length);
    const rollover = Math.floor(index / 0x1_0000);
    if (this.suite === "AEAD_AES_128_GCM") {
      packet.set(
        this.seal(this.rtp, this.gcmIv(this.rtp, ssrc, rollover, sequence), header, body),
        RTP_HEADER_BYTES,
      );
    } else {
      packet.set(this.crypt(this.rtp, ssrc, index, body), RTP_HEADER_BYTES);
      packet.set(this.rtpTag(packet.subarray(0, length), rollover), length);
    }
    return length + SUITES[this.suite].tagBytes;
  }

  /** The plain RTP packet, or undefined for one that is forged, broken or replayed. */
  unprotect(packet: Uint8Array): Uint8Array | undefined {
    const bare = this.withoutMki(packet);
    return (bare && this.openPacket(bare)) ?? this.openPacket(packet);
  }

  private openPacket(packet: Uint8Array): Uint8Array | undefined {
    const headerBytes = rtpHeaderBytes(packet);
    const end = packet.length - SUITES[this.suite].tagBytes;
    if (headerBytes === undefined || end < headerBytes) return undefined;
    const ssrc = uint32(packet, 8);
    const stream = this.streams.get(ssrc) ?? new SrtpReplayWindow();
    const sequence = uint16(packet, 2);
    let index = stream.indexOf(sequence);
    if (!stream.isFresh(index)) return undefined;
    let plain = this.openBody(packet, headerBytes, index);
    if (!plain && stream.isUnheard && sequence < 0x8000) {
      // A sender that began high may have wrapped before the first packet that reached us.
      index += 0x1_0000;
      plain = this.openBody(packet, headerBytes, index);
    }
    if (!plain) return undefined;
    remember(this.streams, ssrc, stream);
    stream.accept(index);
    const opened = new Uint8Array(headerBytes + plain.length);
    opened.set(packet.subarray(0, headerBytes));
    opened.set(plain, headerBytes);
    return opened;
  }

  /** What the packet carries, if its tag fits this index. */
  private openBody(packet: Uint8Array, headerBytes: number, index: number): Uint8Array | undefined {
    const ssrc = uint32(packet, 8);
    const rollover = Math.floor(index / 0x1_0000);
    const end = packet.length - SUITES[this.suite].tagBytes;
    const body = packet.subarray(headerBytes, end);
    const tag = packet.subarray(end);
    if (this.suite === "AEAD_AES_128_GCM") {
      const iv = this.gcmIv(this.rtp, ssrc, rollover, index & 0xffff);
      return this.unseal(this.rtp, iv, packet.subarray(0, headerBytes), body, tag);
    }
    const fits = same(tag, this.rtpTag(packet.subarray(0, end), rollover));
    return fits ? this.crypt(this.rtp, ssrc, index, body) : undefined;
  }

  /** Encrypts the RTCP datagram in the first `length` bytes in place; returns its new length. */
  protectReport(packet: Uint8Array, length: number): number {
    const ssrc = uint32(packet, 4);
    const index = this.reportIndex++ & 0x7fff_ffff;
    const word = new Uint8Array(4);
    writeUint32(word, 0, ENCRYPTED_BIT + index);
    const header = packet.subarray(0, RTCP_HEADER_BYTES);
    const body = packet.subarray(RTCP_HEADER_BYTES, length);
    if (this.suite === "AEAD_AES_128_GCM") {
      const iv = this.gcmIv(this.rtcp, ssrc, Math.floor(index / 0x1_0000), index & 0xffff);
      const sealed = this.seal(this.rtcp, iv, joined(header, word), body);
      packet.set(sealed, RTCP_HEADER_BYTES);
      packet.set(word, RTCP_HEADER_BYTES + sealed.length);
      return RTCP_HEADER_BYTES + sealed.length + 4;
    }
    packet.set(this.crypt(this.rtcp, ssrc, index, body), RTCP_HEADER_BYTES);
    packet.set(word, length);
    packet.set(hmac(this.rtcp.auth, packet.subarray(0, length + 4)), length + 4);
    return length + 4 + SUITES[this.suite].tagBytes;
  }

  /** The plain RTCP datagram, or undefined for one that is forged, broken or replayed. */
  unprotectReport(packet: Uint8Array): Uint8Array | undefined {
    const bare = this.withoutMki(packet);
    return (bare && this.openReport(bare)) ?? this.openReport(packet);
  }

  private openReport(packet: Uint8Array): Uint8Array | undefined {
    const { tagBytes } = SUITES[this.suite];
    if (packet.length < RTCP_HEADER_BYTES + 4 + tagBytes) return undefined;
    const isGcm = this.suite === "AEAD_AES_128_GCM";
    const wordAt = packet.length - 4 - (isGcm ? 0 : tagBytes);
    const word = packet.subarray(wordAt, wordAt + 4);
    const ssrc = uint32(packet, 4);
    const index = uint32(word, 0) & 0x7fff_ffff;
    const seen = this.reports.get(ssrc) ?? new SrtpReplayWindow();
    if ((uint32(word, 0) & ENCRYPTED_BIT) === 0 || !seen.isFresh(index)) return undefined;
    const header = packet.subarray(0, RTCP_HEADER_BYTES);
    let plain: Uint8Array | undefined;
    if (isGcm) {
      const iv = this.gcmIv(this.rtcp, ssrc, Math.floor(index / 0x1_0000), index & 0xffff);
      const body = packet.subarray(RTCP_HEADER_BYTES, wordAt - tagBytes);
      const tag = packet.subarray(wordAt - tagBytes, wordAt);
      plain = this.unseal(this.rtcp, iv, joined(header, word), body, tag);
    } else if (
      same(packet.subarray(wordAt + 4), hmac(this.rtcp.auth, packet.subarray(0, wordAt + 4)))
    ) {
      plain = this.crypt(this.rtcp, ssrc, index, packet.subarray(RTCP_HEADER_BYTES, wordAt));
    }
    if (!plain) return undefined;
    remember(this.reports, ssrc, seen);
    seen.accept(index);
    return joined(header, plain);
  }

  /** The same without its MKI; undefined where it has none. Some announce one and never write it. */
  private withoutMki(packet: Uint8Array): Uint8Array | undefined {
    const { mki } = this;
    if (!mki) return undefined;
    // The tag of GCM is a part of what it encrypts (RFC 7714 8.1), and stands before the MKI.
    const end = packet.length - (this.suite === "AEAD_AES_128_GCM" ? 0 : this.tagBytes);
    const from = end - mki.length;
    if (from < 0 || !same(packet.subarray(from, end), mki)) return undefined;
    return joined(packet.subarray(0, from), packet.subarray(end));
  }

  private get tagBytes(): number {
    return SUITES[this.suite].tagBytes;
  }

  /** AES in counter mode, which is its own inverse (RFC 3711 4.1.1). */
  private crypt(keys: SessionKeys, ssrc: number, index: number, body: Uint8Array): Uint8Array {
    const { iv } = this;
    iv.fill(0);
    iv.set(keys.salt);
    xorUint32(iv, 4, ssrc);
    xorUint32(iv, 8, Math.floor(index / 0x1_0000));
    iv[12] = (iv[12] ?? 0) ^ ((index >>> 8) & 0xff);
    iv[13] = (iv[13] ?? 0) ^ (index & 0xff);
    return createCipheriv("aes-128-ctr", keys.key, iv).update(body);
  }

  /** RFC 7714 8.1 and 9.1. */
  private gcmIv(keys: SessionKeys, ssrc: number, rollover: number, low: number): Uint8Array {
    const iv = Uint8Array.from(keys.salt);
    xorUint32(iv, 2, ssrc);
    xorUint32(iv, 6, rollover);
    iv[10] = (iv[10] ?? 0) ^ (low >>> 8);
    iv[11] = (iv[11] ?? 0) ^ (low & 0xff);
    return iv;
  }

  private seal(keys: SessionKeys, iv: Uint8Array, aad: Uint8Array, body: Uint8Array): Uint8Array {
    const cipher = createCipheriv("aes-128-gcm", keys.key, iv);
    cipher.setAAD(aad);
    return joined(cipher.update(body), cipher.final(), cipher.getAuthTag());
  }

  private unseal(
    keys: SessionKeys,
    iv: Uint8Array,
    aad: Uint8Array,
    body: Uint8Array,
    tag: Uint8Array,
  ): Uint8Array | undefined {
    const decipher = createDecipheriv("aes-128-gcm", keys.key, iv, { authTagLength: tag.length });
    decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    try {
      return joined(decipher.update(body), decipher.final());
    } catch {
      // The tag does not fit: not from our peer.
      return undefined;
    }
  }

  private rtpTag(packet: Uint8Array, rollover: number): Uint8Array {
    const word = new Uint8Array(4);
    writeUint32(word, 0, rollover);
    return hmac(this.rtp.auth, packet, word);
  }
}

/** So many SSRCs of one peer are kept apart; the oldest gives way. */
const MAX_STREAMS = 8;

function windowOf(streams: Map<number, SrtpReplayWindow>, ssrc: number): SrtpReplayWindow {
  const known = streams.get(ssrc);
  if (known) return known;
  const made = new SrtpReplayWindow();
  remember(streams, ssrc, made);
  return made;
}

function remember(
  streams: Map<number, SrtpReplayWindow>,
  ssrc: number,
  seen: SrtpReplayWindow,
): void {
  if (streams.has(ssrc)) return;
  const [oldest] = streams.keys();
  if (streams.size >= MAX_STREAMS && oldest !== undefined) streams.delete(oldest);
  streams.set(ssrc, seen);
}

/** RFC 3711 4.3.1 with a key derivation rate of 0. */
function derive(key: Uint8Array, salt: Uint8Array, label: number, bytes: number): Uint8Array {
  const iv = new Uint8Array(16);
  iv.set(salt);
  iv[7] = (iv[7] ?? 0) ^ label;
  return createCipheriv("aes-128-ctr", key, iv).update(new Uint8Array(bytes));
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const digest = createHmac("sha1", key);
  for (const part of parts) digest.update(part);
  return digest.digest().subarray(0, SUITES.AES_CM_128_HMAC_SHA1_80.tagBytes);
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function xorUint32(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, uint32(bytes, at) ^ value);
}

/** Length of the header with CSRCs and extension; undefined when the packet is too short for it. */
function rtpHeaderBytes(packet: Uint8Array): number | undefined {
  if (packet.length < RTP_HEADER_BYTES) return undefined;
  const first = packet[0] ?? 0;
  const fixed = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return fixed;
  return fixed + 4 > packet.length ? undefined : fixed + 4 + 4 * uint16(packet, fixed + 2);
}
