import type { MediaDescription } from "sdp-transform";
import type { CodecOffer, MediaDirection } from "../../media/media-plane.js";
import { formatCrypto, type SdesKey } from "./sdes.js";
import type { LocalMedia } from "./sdp.js";

/** How we write an SDP, line by line (RFC 8866). */

/** What stands above the streams. */
export function sessionLines(local: LocalMedia): string[] {
  const family = local.address.includes(":") ? "IP6" : "IP4";
  return [
    "v=0\r\n",
    `o=offhook ${local.sessionId} ${local.sessionVersion} IN ${family} ${local.address}\r\n`,
    "s=-\r\n",
    `c=IN ${family} ${local.address}\r\n`,
    "t=0 0\r\n",
  ];
}

/** The one stream that we speak in. */
export function mediaLines(
  local: LocalMedia,
  codecs: readonly CodecOffer[],
  direction: MediaDirection,
  profile: string,
  crypto: readonly SdesKey[],
): string[] {
  const payloads = codecs.map((codec) => codec.payloadType).join(" ");
  return [
    `m=audio ${local.port} ${profile} ${payloads}\r\n`,
    ...crypto.map(formatCrypto),
    ...codecs.flatMap((codec) => {
      const channels = codec.channels && codec.channels > 1 ? `/${codec.channels}` : "";
      // Lower case is how RFC 4733 registers it, and some peers compare letter by letter.
      const name = codec.name === "TELEPHONE-EVENT" ? "telephone-event" : codec.name;
      const fmtp = codec.fmtp ?? (codec.name === "TELEPHONE-EVENT" ? "0-16" : undefined);
      return [
        `a=rtpmap:${codec.payloadType} ${name}/${codec.clockRate}${channels}\r\n`,
        ...(fmtp === undefined ? [] : [`a=fmtp:${codec.payloadType} ${fmtp}\r\n`]),
      ];
    }),
    `a=ptime:${local.packetMs}\r\n`,
    `a=${direction}\r\n`,
  ];
}

/** A stream that we do not take (RFC 3264 6). */
export function refusedLine(media: MediaDescription): string[] {
  return [`m=${media.type} 0 ${media.protocol} ${media.payloads ?? "0"}\r\n`];
}

/** Reports on the RTP port are sent and taken anyway; an offerer who can do it too wants to be told. */
export function muxLine(media: MediaDescription): string[] {
  return media.rtcpMux === undefined ? [] : ["a=rtcp-mux\r\n"];
}
