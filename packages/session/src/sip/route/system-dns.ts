import { lookup, Resolver } from "node:dns/promises";
import type { Dns } from "./srv-resolver.js";

/** A trunk without SRV records must not cost a call more than this. */
const SRV_TIMEOUT_MS = 1_500;

/** The machine's own resolver. */
export function systemDns(): Dns {
  const resolver = new Resolver({ timeout: SRV_TIMEOUT_MS, tries: 1 });
  // Names of this machine have no such records.
  const isLocal = (name: string) => /(?:^|\.)localhost\.?$/i.test(name);
  return {
    srv: async (name) => (isLocal(name) ? [] : resolver.resolveSrv(name)),
    naptr: async (name) => (isLocal(name) ? [] : resolver.resolveNaptr(name)),
    addresses: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  };
}
