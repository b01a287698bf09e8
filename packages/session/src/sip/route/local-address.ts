import dgram from "node:dgram";
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { HostPort } from "../transport/wire.js";

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

/** The address this machine uses towards a peer: what the kernel's routing says. Nothing is sent. */
export async function discoverLocalAddress(peer: HostPort): Promise<string> {
  const socket = dgram.createSocket(isIPv6(peer.address) ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(peer.port || 5060, peer.address, (error?: Error) =>
        error ? reject(error) : resolve(),
      );
    });
    return socket.address().address;
  } catch {
    return guessLocalAddress(isIPv6(peer.address) ? `[${peer.address}]` : peer.address);
  } finally {
    socket.close();
  }
}

/** Without asking the kernel: loopback towards loopback, else the first outward interface. */
export function guessLocalAddress(towardsHost: string | undefined): string {
  const host = towardsHost?.replace(/^\[|\]$/g, "") ?? "";
  if (host === "localhost" || /^127\./.test(host)) return "127.0.0.1";
  if (host === "::1") return "::1";
  const family = isIPv6(host) ? "IPv6" : "IPv4";
  for (const addresses of Object.values(networkInterfaces()))
    for (const entry of addresses ?? [])
      if (!entry.internal && entry.family === family && !entry.address.startsWith("fe80"))
        return entry.address;
  return family === "IPv6" ? "::1" : "127.0.0.1";
}
