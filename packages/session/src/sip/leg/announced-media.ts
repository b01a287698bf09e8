import { BlockList, isIP } from "node:net";
import type { AgreedMedia } from "../../media/media-plane.js";
import { plainAddress } from "../../media/plain-address.js";
import { sdpOf } from "../message/evidence.js";
import { audioSourceOf } from "../message/sdp.js";
import type { SdpText } from "../message/sdp-text.js";

/** Addresses that mean something in their own network only (RFC 6890). */
const local = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const) {
  local.addSubnet(network, prefix, "ipv4");
}
local.addSubnet("fc00::", 7, "ipv6");
local.addSubnet("fe80::", 10, "ipv6");
local.addAddress("::", "ipv6");
local.addAddress("::1", "ipv6");

/** An INVITE as sip.js has it. */
interface Request {
  readonly body: string | undefined;
  readonly via: { readonly host: string; readonly received?: string | undefined };
  getHeader(name: string): string | undefined;
}

/**
 * Where the media of a call that is offered to us will come from. Undefined without an offer, and
 * where a NAT may stand between: when an address of some inner network is named by a request that
 * came from elsewhere.
 */
export function announcedMedia(
  request: Request,
  offer: string | SdpText | undefined = sdpOf(request),
): AgreedMedia["remote"] | undefined {
  const source = offer === undefined ? undefined : audioSourceOf(offer);
  if (!source) return undefined;
  const family = isIP(source.address);
  if (family === 0) return undefined;
  const sender = (request.via.received ?? request.via.host).replace(/^\[|\]$/g, "");
  if (source.address === plainAddress(sender)) return source;
  return local.check(source.address, family === 6 ? "ipv6" : "ipv4") ? undefined : source;
}
