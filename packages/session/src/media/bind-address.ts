import { isIP, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

/**
 * Where to bind RTP when only the address for our SDP is known: there if it is this machine's own,
 * else, as behind a NAT or with a name instead of an address, on all interfaces.
 */
export function bindAddressFor(localAddress: string): string {
  if (isIP(localAddress) !== 0 && isOwn(localAddress)) return localAddress;
  return isIPv6(localAddress) ? "::" : "0.0.0.0";
}

function isOwn(address: string): boolean {
  // The whole of 127/8 is ours, though the interface lists one of it.
  if (/^127\./.test(address)) return true;
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => entry.address === address),
  );
}
