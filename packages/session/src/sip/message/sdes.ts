import type { AgreedMedia } from "../../media/media-plane.js";
import { srtpKeyBytes } from "../../media/rtp/srtp.js";
import type { Random } from "../../random.js";

/** Whether speech is encrypted: never, where the peer can, or else there is no call. */
export type SrtpPolicy = "off" | "allowed" | "required";

type SrtpKeys = NonNullable<AgreedMedia["srtp"]>;
export type SrtpSuite = SrtpKeys["suite"];

/** One `a=crypto` line (RFC 4568 9.1) as far as we speak it. */
export interface SdesKey {
  readonly tag: number;
  readonly suite: SrtpSuite;
  /** Master key and salt in one. Never to be logged. */
  readonly key: Uint8Array;
  /** What stands in each packet to name this key (MKI). */
  readonly mki?: Uint8Array;
}

/** Our side of the key exchange: what we would send under, best first. */
export interface LocalSdes {
  readonly required: boolean;
  readonly keys: readonly SdesKey[];
}

export type SdesChoice =
  | { readonly ok: true; readonly ours?: SdesKey; readonly srtp?: SrtpKeys }
  | { readonly ok: false; readonly reason: string };

const cryptoLine = /^a=crypto:/im;

/** Best first: one pass over each packet rather than two (RFC 7714), then what everybody has. */
const SUITES = ["AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"] as const satisfies SrtpSuite[];

/** Makes the keys that one leg sends under, one for each suite, for as long as it lives. */
export function makeSdes(policy: SrtpPolicy, random: Random): LocalSdes | undefined {
  if (policy === "off") return undefined;
  const keys = SUITES.map((suite, at) => ({
    tag: at + 1,
    suite,
    key: Buffer.from(random.hex(srtpKeyBytes(suite)), "hex"),
  }));
  return { required: policy === "required", keys };
}

export function isSecureProfile(profile: string): boolean {
  return /^RTP\/SAVP/i.test(profile);
}

export function formatCrypto({ tag, suite, key }: SdesKey): string {
  return `a=crypto:${tag} ${suite} inline:${Buffer.from(key).toString("base64")}\r\n`;
}

/**
 * The `a=crypto` lines of stream `index` that we can speak, in the peer's order. A line that names
 * several keys, or that asks for what we do not do, is left out, as RFC 4568 6.3 wants it.
 */
export function readCrypto(sdp: string, index: number): SdesKey[] {
  if (!cryptoLine.test(sdp)) return [];
  let stream = -1;
  return sdp.split(/\r\n|\r|\n/).flatMap((line) => {
    if (line.startsWith("m=")) stream += 1;
    const value = stream === index && /^a=crypto:(.*)$/i.exec(line)?.[1];
    const read = value ? parseCrypto(value) : undefined;
    return read ? [read] : [];
  });
}

/** Chooses for an answer. The offerer's order decides (RFC 4568 5.1.2). */
export function chooseSdes(
  offered: readonly SdesKey[],
  isSecure: boolean,
  local: LocalSdes | undefined,
): SdesChoice {
  if (!local)
    return isSecure ? { ok: false, reason: "the offer wants SRTP, which is off" } : { ok: true };
  for (const theirs of offered) {
    const own = local.keys.find(({ suite }) => suite === theirs.suite);
    // An answer names the line that it takes by its tag (RFC 4568 5.1.2).
    if (own) return { ok: true, ours: { ...own, tag: theirs.tag }, srtp: keysOf(own, theirs) };
  }
  if (isSecure) return { ok: false, reason: "the offer has no SRTP key that we could use" };
  if (local.required) return { ok: false, reason: "SRTP is required, and the offer has none" };
  return { ok: true };
}

/** Reads what the answer to our offer took. Its suite says which line: each was offered once. */
export function acceptSdes(
  answered: readonly SdesKey[],
  isSecure: boolean,
  local: LocalSdes | undefined,
): SdesChoice {
  if (!local)
    return isSecure ? { ok: false, reason: "the answer wants SRTP, which is off" } : { ok: true };
  const [theirs] = answered;
  const own = theirs && local.keys.find(({ suite }) => suite === theirs.suite);
  if (theirs && own) return { ok: true, srtp: keysOf(own, theirs) };
  if (theirs || isSecure)
    return { ok: false, reason: "the answer has no SRTP key for what we offered" };
  if (local.required) return { ok: false, reason: "SRTP is required, and the answer has none" };
  return { ok: true };
}

function keysOf(own: SdesKey, theirs: SdesKey): SrtpKeys {
  const { suite, key: sendKey } = own;
  const { key: receiveKey, mki } = theirs;
  return { suite, sendKey, receiveKey, ...(mki ? { receiveMki: mki } : {}) };
}

/** `1 AES_CM_128_HMAC_SHA1_80 inline:…|2^31|1:4 WSH=64` (RFC 4568 9.1). */
function parseCrypto(value: string): SdesKey | undefined {
  const [tag = "", name, keyParams = "", ...session] = value.trim().split(/\s+/);
  const suite = SUITES.find((known) => known === name?.toUpperCase());
  if (!suite || !/^\d{1,9}$/.test(tag) || !session.every(isHarmless)) return undefined;
  const match = keyPattern.exec(keyParams)?.groups;
  const key = Buffer.from(match?.["key"] ?? "", "base64");
  if (!match || key.length !== srtpKeyBytes(suite)) return undefined;
  const named = { tag: Number(tag), suite, key };
  if (match["mki"] === undefined) return named;
  const mki = mkiBytes(match["mki"], Number(match["bytes"]));
  return mki && { ...named, mki };
}

/** Key and salt, for how many packets they are good, and the MKI with its length in a packet. */
const keyPattern =
  /^inline:(?<key>[A-Za-z0-9+/]+={0,2})(?:\|(?:2\^)?\d{1,20})?(?:\|(?<mki>\d{1,20}):(?<bytes>\d{1,3}))?$/i;

/** A number as it stands in packets; undefined where it does not fit, or is longer than RFC 4568 6.1 allows. */
function mkiBytes(value: string, length: number): Uint8Array | undefined {
  const hex = BigInt(value).toString(16);
  if (length < 1 || length > MAX_MKI_BYTES || hex.length > 2 * length) return undefined;
  return Buffer.from(hex.padStart(2 * length, "0"), "hex");
}

const MAX_MKI_BYTES = 128;

/** A window size is a hint, and what begins with "-" may be passed over (RFC 4568 6.3). */
function isHarmless(sessionParameter: string): boolean {
  return /^(?:-|WSH=|KDR=0$)/i.test(sessionParameter);
}
