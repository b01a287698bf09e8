import { OffhookError } from "../../errors.js";
import type { CodecOffer } from "../media-plane.js";
import type { AudioCodec } from "./audio-codec.js";
import { pcma, pcmu } from "./g711-codec.js";
import { g722 } from "./g722-codec.js";
import { opus } from "./opus-codec.js";

/** The codecs we can speak, by the names SDP has for them. */
export type CodecName = "PCMU" | "PCMA" | "G722" | "OPUS";

const CODECS: Readonly<Record<CodecName, AudioCodec>> = {
  PCMU: pcmu,
  PCMA: pcma,
  G722: g722,
  OPUS: opus,
};

const OFFERS: Readonly<Record<CodecName, CodecOffer>> = {
  PCMU: { name: "PCMU", payloadType: 0, clockRate: 8000 },
  PCMA: { name: "PCMA", payloadType: 8, clockRate: 8000 },
  G722: { name: "G722", payloadType: 9, clockRate: 8000 },
  OPUS: {
    name: "OPUS",
    payloadType: 107,
    clockRate: 48_000,
    channels: 2,
    fmtp: "minptime=10;useinbandfec=0",
  },
};

const EVENTS: CodecOffer = {
  name: "TELEPHONE-EVENT",
  payloadType: 101,
  clockRate: 8000,
  fmtp: "0-15",
};
const EVENTS_48: CodecOffer = { ...EVENTS, payloadType: 102, clockRate: 48_000 };

const COMFORT_NOISE: CodecOffer = { name: "CN", payloadType: 13, clockRate: 8000 };

/** Comfort noise has a payload type of its own that is used without being agreed (RFC 3551 6). */
export const COMFORT_NOISE_TYPE = 13;

/** What trunks understand, best first. */
export const DEFAULT_CODECS: readonly CodecName[] = ["PCMU", "PCMA", "G722"];

/**
 * What to offer, best first, with telephone-events for every clock rate in it, and comfort noise
 * where it is wanted and there is a codec that it goes with.
 * Throws INVALID_OPTION for a codec there is none of.
 */
export function offersFor(
  names: readonly CodecName[],
  options: { readonly comfortNoise?: boolean } = {},
): readonly CodecOffer[] {
  const unknown = names.find((name) => !(name in OFFERS));
  if (names.length === 0 || unknown !== undefined) {
    throw new OffhookError("INVALID_OPTION", `codecs holds ${JSON.stringify(unknown ?? names)}.`, {
      remedy: `Give one or more of ${Object.keys(OFFERS).join(", ")}.`,
    });
  }
  const offers = names.map((name) => OFFERS[name]);
  const events = [EVENTS, EVENTS_48].filter((event) =>
    offers.some((offer) => offer.clockRate === event.clockRate),
  );
  const noise = options.comfortNoise === true && offers.some(takesComfortNoise);
  return [...offers, ...(noise ? [COMFORT_NOISE] : []), ...events];
}

/** Comfort noise at 8 kHz goes with codecs that have no silence of their own (RFC 3389 1). */
export function takesComfortNoise({ name }: CodecOffer): boolean {
  return name === "PCMU" || name === "PCMA";
}

/** The codec an SDP name stands for; undefined for one we cannot speak. */
export function codecFor(offer: CodecOffer): AudioCodec | undefined {
  const codec = CODECS[offer.name.toUpperCase() as CodecName] as AudioCodec | undefined;
  return codec?.clockRate === offer.clockRate ? codec : undefined;
}

export function isTelephoneEvent(offer: CodecOffer): boolean {
  return offer.name.toUpperCase() === "TELEPHONE-EVENT";
}

export function isComfortNoise(offer: CodecOffer): boolean {
  return offer.name.toUpperCase() === "CN";
}
