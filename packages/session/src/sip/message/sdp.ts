import { isIP } from "node:net";
import type { MediaDescription, SessionDescription } from "sdp-transform";
import { takesComfortNoise } from "../../media/codecs/registry.js";
import type { AgreedMedia, CodecOffer, MediaDirection } from "../../media/media-plane.js";
import { plainAddress } from "../../media/plain-address.js";
import {
  acceptSdes,
  chooseSdes,
  isSecureProfile,
  type LocalSdes,
  readCrypto,
  type SdesChoice,
} from "./sdes.js";
import { asTheyWant, codecsOf, inTheirOrder, isOwnEventType, sameCodec } from "./sdp-codecs.js";
import { mediaLines, muxLine, refusedLine, sessionLines } from "./sdp-lines.js";
import { SdpText } from "./sdp-text.js";

/** Our own side of an offer or answer. */
export interface LocalMedia {
  readonly address: string;
  readonly port: number;
  /** Best first, telephone-event included. */
  readonly codecs: readonly CodecOffer[];
  readonly direction: MediaDirection;
  readonly packetMs: number;
  /** The o= line: the id never changes in a dialog, the version grows with each change (RFC 3264 8). */
  readonly sessionId: number;
  readonly sessionVersion: number;
  /** The RTP profile of our next offer: `RTP/AVP` (the default), `RTP/SAVP`. */
  readonly profile?: string;
  /** Keys to offer or answer with; without them speech stays plain. */
  readonly sdes?: LocalSdes;
}

export type Negotiation =
  | {
      readonly ok: true;
      readonly agreed: AgreedMedia;
      readonly sdp: string;
      /** The RTP profile that the peer spoke: what a later offer stays with. */
      readonly profile: string;
    }
  | { readonly ok: false; readonly reason: string };

const PLAIN_PROFILE = "RTP/AVP";

const MIN_PACKET_MS = 10;
const MAX_PACKET_MS = 60;

/** Codecs that carry no speech by themselves. */
const auxiliary = new Set(["TELEPHONE-EVENT", "CN"]);

/** An offer, or an answer in a dialog where nobody needs to mirror m= lines. */
export function formatOffer(local: LocalMedia): string {
  const { codecs, direction, profile = PLAIN_PROFILE, sdes } = local;
  const media = mediaLines(local, codecs, direction, profile, sdes?.keys ?? []);
  return [...sessionLines(local), ...media].join("");
}

/** Answers an offer (RFC 3264 6): one audio stream, the others refused with port 0. */
export function answerOffer(sdp: string | SdpText, local: LocalMedia): Negotiation {
  const match = matchOffer(sdp, local);
  if (!match.ok) return match;
  const { offer, stream, remote, theirs, common, speech, send } = match;
  const { media, sdes } = stream;
  const direction = narrow(local.direction, mirror(remote.direction));
  const receive = [...speech, ...common.filter((codec) => auxiliary.has(codec.name))];
  // The profile is the offerer's to choose (RFC 3264 6).
  const profile = media.protocol.toUpperCase();
  const crypto = sdes.ours ? [sdes.ours] : [];
  const lines = offer.media.map((other, at) =>
    at === stream.index
      ? [...mediaLines(local, receive, direction, profile, crypto), ...muxLine(media)]
      : refusedLine(other),
  );
  const agreed = agree(
    remote,
    direction,
    asTheyWant(send, theirs),
    receive,
    receive,
    media,
    local,
    sdes.srtp,
  );
  return { ok: true, agreed, profile, sdp: [...sessionLines(local), ...lines.flat()].join("") };
}

/** Why an offer could not be answered; undefined where it could. */
export function whyNoAnswer(
  offer: string | SdpText,
  local: Pick<LocalMedia, "codecs" | "sdes">,
): string | undefined {
  const match = matchOffer(offer, local);
  return match.ok ? undefined : match.reason;
}

/** What an offer and we have in common. */
function matchOffer(sdp: string | SdpText, local: Pick<LocalMedia, "codecs" | "sdes">) {
  const { text: offerText, description: offer } = SdpText.of(sdp);
  if (!offer) return unfit("the offer is no SDP");
  const stream = chooseStream(offer, offerText, local.sdes);
  if (!stream) return unfit(whyNoAudio(offer, "the offer has no RTP audio"));
  const { media, sdes } = stream;
  if (!sdes.ok) return sdes;
  const remote = remoteMedia(offer, media);
  if (!remote) return unfit("the offer names no usable address");
  const theirs = codecsOf(media);
  const common = local.codecs.flatMap((ours) => {
    const match = theirs.find((codec) => sameCodec(codec, ours));
    // Within an answer the offerer's payload type is used in both directions (RFC 3264 6.1).
    return match ? [{ ...ours, payloadType: match.payloadType }] : [];
  });
  const speech = inTheirOrder(common, theirs).filter((codec) => !auxiliary.has(codec.name));
  const send = speech[0];
  if (!send) return unfit("offer and answer have no codec in common");
  return {
    ok: true,
    offer,
    stream: { ...stream, sdes },
    remote,
    theirs,
    common,
    speech,
    send,
  } as const;
}

function unfit(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

/** Reads the answer to our offer. */
export function acceptAnswer(answerText: string, local: LocalMedia): Negotiation {
  const answer = new SdpText(answerText).description;
  if (!answer) return { ok: false, reason: "the answer is no SDP" };
  const index = answer.media.findIndex(isRtpAudio);
  const media = answer.media[index];
  if (!media) return { ok: false, reason: whyNoAudio(answer, "the answer refuses the audio") };
  const profile = media.protocol.toUpperCase();
  const sdes = acceptSdes(readCrypto(answerText, index), isSecureProfile(profile), local.sdes);
  if (!sdes.ok) return sdes;
  const remote = remoteMedia(answer, media);
  if (!remote) return { ok: false, reason: "the answer names no usable address" };
  const theirs = codecsOf(media);
  const common = theirs.filter((codec) => local.codecs.some((ours) => sameCodec(codec, ours)));
  const send = common.find((codec) => !auxiliary.has(codec.name));
  if (!send) return { ok: false, reason: "offer and answer have no codec in common" };
  const direction = narrow(local.direction, mirror(remote.direction));
  // The peer may still send under any payload type that we offered, and many send digits under the
  // one that they named themselves (RFC 3264 5.1 wants ours).
  const receive = [
    ...local.codecs,
    ...common.filter((codec) => isOwnEventType(codec, local.codecs)),
  ];
  return {
    ok: true,
    agreed: agree(remote, direction, send, receive, common, media, local, sdes.srtp),
    sdp: answerText,
    profile,
  };
}

/** Where the first RTP audio of an offer comes from; undefined when it has none. */
export function audioSourceOf(sdp: string | SdpText): AgreedMedia["remote"] | undefined {
  const offer = SdpText.of(sdp).description;
  const media = offer?.media.find(isRtpAudio);
  const remote = offer && media && remoteMedia(offer, media);
  return remote && { address: remote.address, port: remote.port };
}

/** What the audio of a description may be spoken in, best first, as `NAME/RATE`. */
export function codecNamesOf(text: string): readonly string[] {
  const audio = new SdpText(text).description?.media.find(({ type }) => type === "audio");
  return audio ? codecsOf(audio).map(({ name, clockRate }) => `${name}/${clockRate}`) : [];
}

/** Who holds whom: the peer holds us when it no longer wants our audio. */
export function isHeldByPeer(direction: MediaDirection): boolean {
  return direction === "recvonly" || direction === "inactive";
}

function isRtpAudio({ type, port, protocol }: MediaDescription): boolean {
  return type === "audio" && port > 0 && /^RTP\/S?AVPF?$/i.test(protocol);
}

/** Audio by another protocol, DTLS-SRTP most of all, is there and yet of no use to us. */
function whyNoAudio({ media }: SessionDescription, otherwise: string): string {
  const audio = media.find(({ type, port }) => type === "audio" && port > 0);
  return audio ? `the audio comes by ${audio.protocol}, which we do not speak` : otherwise;
}

interface Stream {
  readonly index: number;
  readonly media: MediaDescription;
  readonly sdes: SdesChoice;
}

/**
 * The audio stream to answer. Some peers offer speech twice, plain and secure, and take whichever is
 * answered: the secure one, where we can.
 */
function chooseStream(
  offer: SessionDescription,
  offerText: string,
  local: LocalSdes | undefined,
): Stream | undefined {
  const streams = offer.media.flatMap((media, index): Stream[] => {
    if (!isRtpAudio(media)) return [];
    const isSecure = isSecureProfile(media.protocol);
    return [{ index, media, sdes: chooseSdes(readCrypto(offerText, index), isSecure, local) }];
  });
  return (
    streams.find(({ sdes }) => sdes.ok && sdes.srtp) ??
    streams.find(({ sdes }) => sdes.ok) ??
    streams[0]
  );
}

interface RemoteMedia {
  readonly address: string;
  readonly port: number;
  readonly direction: MediaDirection;
}

function remoteMedia(
  description: SessionDescription,
  media: MediaDescription,
): RemoteMedia | undefined {
  const written = media.connection?.ip ?? description.connection?.ip ?? "";
  // A name in its place is legal (RFC 8866 5.7), and unheard of.
  if (isIP(written) === 0 || media.port > 65_535) return undefined;
  const address = plainAddress(written);
  const stated = media.direction ?? description.direction ?? "sendrecv";
  // The old way to hold (RFC 2543 B.5): an address of nowhere.
  const direction = isNowhere(address) && stated === "sendrecv" ? "inactive" : stated;
  return { address, port: media.port, direction };
}

function isNowhere(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function agree(
  remote: RemoteMedia,
  direction: MediaDirection,
  send: CodecOffer,
  receive: readonly CodecOffer[],
  theirs: readonly CodecOffer[],
  media: MediaDescription,
  local: LocalMedia,
  srtp: AgreedMedia["srtp"],
): AgreedMedia {
  const event = theirs.find(
    (codec) => codec.name === "TELEPHONE-EVENT" && codec.clockRate === send.clockRate,
  );
  const noise = theirs.find(({ name }) => name === "CN");
  return {
    remote: { address: remote.address, port: remote.port },
    direction,
    send,
    receive,
    ...(event ? { sendTelephoneEvent: event } : {}),
    ...(noise && takesComfortNoise(send) ? { sendComfortNoise: noise } : {}),
    packetMs: packetMsOf(media, local),
    ...rtcpOf(media, remote),
    ...(srtp ? { srtp } : {}),
  };
}

/** How long the peer wants our packets to be; never longer than it can take (RFC 8866 6.4). */
function packetMsOf(
  // The types of sdp-transform do not know all that it reads.
  media: MediaDescription & { readonly maxptime?: number },
  local: LocalMedia,
): number {
  const wantedMs = positive(media.ptime) ?? local.packetMs;
  const mostMs = positive(media.maxptime) ?? MAX_PACKET_MS;
  return Math.max(MIN_PACKET_MS, Math.min(MAX_PACKET_MS, mostMs, wantedMs));
}

/** Sdp-transform leaves a number as text that is none, or is written oddly. */
function positive(given: unknown): number | undefined {
  const value = Number(given);
  return value > 0 ? value : undefined;
}

/** Where the peer takes RTCP, when it says so: on the RTP port (RFC 5761), or somewhere else (RFC 3605). */
function rtcpOf(media: MediaDescription, remote: RemoteMedia): Pick<AgreedMedia, "rtcp"> {
  if (media.rtcpMux !== undefined) return { rtcp: { address: remote.address, port: remote.port } };
  const { port = 0, address = remote.address } = media.rtcp ?? {};
  const usable = Number.isInteger(port) && port > 0 && port < 65_536 && isIP(address) !== 0;
  return usable ? { rtcp: { address: plainAddress(address), port } } : {};
}

function mirror(direction: MediaDirection): MediaDirection {
  if (direction === "sendonly") return "recvonly";
  if (direction === "recvonly") return "sendonly";
  return direction;
}

/** What both sides want at once. */
function narrow(left: MediaDirection, right: MediaDirection): MediaDirection {
  const sends = (direction: MediaDirection) => direction === "sendrecv" || direction === "sendonly";
  const receives = (direction: MediaDirection) =>
    direction === "sendrecv" || direction === "recvonly";
  const send = sends(left) && sends(right);
  const receive = receives(left) && receives(right);
  if (send) return receive ? "sendrecv" : "sendonly";
  return receive ? "recvonly" : "inactive";
}
