import type { MediaDescription } from "sdp-transform";
import type { CodecOffer } from "../../media/media-plane.js";

/** The payload types that need no rtpmap (RFC 3551 6). */
const staticPayloads: Readonly<Record<number, CodecOffer>> = {
  0: { name: "PCMU", payloadType: 0, clockRate: 8000 },
  8: { name: "PCMA", payloadType: 8, clockRate: 8000 },
  9: { name: "G722", payloadType: 9, clockRate: 8000 },
  13: { name: "CN", payloadType: 13, clockRate: 8000 },
};

/** Seven bits (RFC 3550 5.1). */
const MAX_PAYLOAD_TYPE = 127;

/** The codecs of an m= line, best first; those without a name, and what is no payload type, are left out. */
export function codecsOf(media: MediaDescription): CodecOffer[] {
  return payloadTypesOf(media).flatMap((payloadType) => {
    const map = media.rtp.find((entry) => entry.payload === payloadType);
    const fmtp = media.fmtp.find((entry) => entry.payload === payloadType)?.config;
    const known = map
      ? {
          name: map.codec.toUpperCase(),
          payloadType,
          clockRate: map.rate ?? 8000,
          ...(map.encoding === undefined ? {} : { channels: Number(map.encoding) }),
        }
      : staticPayloads[payloadType];
    return known ? [{ ...known, ...(fmtp === undefined ? {} : { fmtp }) }] : [];
  });
}

/** Each once, and nothing that a space too many, or a number out of range, could be taken for. */
function payloadTypesOf({ payloads }: MediaDescription): number[] {
  // sdp-transform makes a number of a lone payload type.
  const words = String(payloads ?? "").split(/\s+/);
  const types = words.flatMap((word) => (/^\d{1,3}$/.test(word) ? [Number(word)] : []));
  return [...new Set(types)].filter((type) => type <= MAX_PAYLOAD_TYPE);
}

/** The same, whatever payload type it goes by. */
export function sameCodec(left: CodecOffer, right: CodecOffer): boolean {
  return (
    left.name === right.name &&
    left.clockRate === right.clockRate &&
    (left.channels ?? 1) === (right.channels ?? 1)
  );
}

/** What an fmtp line says, it says of its writer: how that one wants to be sent to (RFC 7587 7.1). */
export function asTheyWant(
  { fmtp: _ours, ...send }: CodecOffer,
  theirs: readonly CodecOffer[],
): CodecOffer {
  const fmtp = theirs.find(({ payloadType }) => payloadType === send.payloadType)?.fmtp;
  return fmtp === undefined ? send : { ...send, fmtp };
}

/** Telephone-events under a payload type of their own, which we did not name. */
export function isOwnEventType(
  { name, payloadType }: CodecOffer,
  ours: readonly CodecOffer[],
): boolean {
  return name === "TELEPHONE-EVENT" && ours.every((codec) => codec.payloadType !== payloadType);
}

/** The offerer's preference decides among what both can do (RFC 3264 6.1). */
export function inTheirOrder(
  common: readonly CodecOffer[],
  theirs: readonly CodecOffer[],
): CodecOffer[] {
  return theirs.flatMap((codec) => common.filter((own) => own.payloadType === codec.payloadType));
}
