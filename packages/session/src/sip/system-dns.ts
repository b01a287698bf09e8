import { lookup, resolveSrv } from "node:dns/promises";
import type { Dns } from "./srv-resolver.js";

/** The machine's own resolver. */
export function systemDns(): Dns {
  return {
    srv: (name) => resolveSrv(name),
    addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  };
}
