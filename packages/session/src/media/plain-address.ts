import { isIPv4, isIPv6, SocketAddress } from "node:net";

/** How a socket for both versions writes an IPv4 address (RFC 4291 2.5.5.2). */
const MAPPED = "::ffff:";

/**
 * The one way to write an IP address, so that the same addresses are the same text: IPv4 as such, also
 * where a socket for both versions met it, and IPv6 as short as it goes (RFC 5952).
 */
export function plainAddress(address: string): string {
  // A zone (RFC 4007) would be lost, and one of ours stands for nothing at the other end.
  if (!isIPv6(address) || address.includes("%")) return address;
  return unmapped(new SocketAddress({ address, family: "ipv6" }).address);
}

/** The same for an address that a socket wrote. */
export function unmapped(address: string): string {
  if (!address.startsWith(MAPPED)) return address;
  const version4 = address.slice(MAPPED.length);
  return isIPv4(version4) ? version4 : address;
}

/** The address by which a socket for both versions reaches it. */
export function mapped(address: string): string {
  return isIPv4(address) ? MAPPED + address : address;
}
