import type { CodecOffer } from "../media-plane.js";
import type { AudioCodec } from "./audio-codec.js";
import { pcma, pcmu } from "./g711-codec.js";

const CODECS: readonly AudioCodec[] = [pcmu, pcma];

/** What to offer, best first, under the payload types we would like. */
export const OFFERED_CODECS: readonly CodecOffer[] = [
  { name: "PCMU", payloadType: 0, clockRate: 8000 },
  { name: "PCMA", payloadType: 8, clockRate: 8000 },
  { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8000, fmtp: "0-15" },
];

/** The codec an SDP name stands for; undefined for one we cannot speak. */
export function codecFor(offer: CodecOffer): AudioCodec | undefined {
  const name = offer.name.toUpperCase();
  return CODECS.find((codec) => codec.name === name && codec.clockRate === offer.clockRate);
}

export function isTelephoneEvent(offer: CodecOffer): boolean {
  return offer.name.toUpperCase() === "TELEPHONE-EVENT";
}

export function isComfortNoise(offer: CodecOffer): boolean {
  return offer.name.toUpperCase() === "CN";
}
