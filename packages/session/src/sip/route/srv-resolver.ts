import { isIP } from "node:net";
import { OffhookError } from "../../errors.js";
import type { Random } from "../../random.js";
import type { HostPort, TransportProtocol } from "../transport/wire.js";
import { defaultPort, type Located, literalAddress, type Resolver } from "./resolver.js";

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** A rule of RFC 3403, as SIP uses it: `SIP+D2T` with flag `s` names an SRV record. */
export interface NaptrRecord {
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
  readonly order: number;
  readonly preference: number;
}

/** What is asked of the DNS; each rejects or is empty when there is no such record. */
export interface Dns {
  srv(name: string): Promise<readonly SrvRecord[]>;
  naptr?(name: string): Promise<readonly NaptrRecord[]>;
  /** Addresses of a host, best first, the hosts file included. */
  addresses(host: string): Promise<readonly string[]>;
}

const services: Readonly<Record<TransportProtocol, string>> = {
  UDP: "_sip._udp",
  TCP: "_sip._tcp",
  TLS: "_sips._tcp",
  WS: "_sip._ws",
  WSS: "_sips._ws",
};

/** As RFC 3263 4.1 and RFC 7118 name them. */
const naptrServices: Readonly<Record<TransportProtocol, string>> = {
  UDP: "SIP+D2U",
  TCP: "SIP+D2T",
  TLS: "SIPS+D2T",
  WS: "SIP+D2W",
  WSS: "SIPS+D2W",
};
const MAX_NAPTR_RULES = 8;

/** What a SIP URI may be reached by, without a word on it: simplest first. */
const OPEN_TRANSPORTS = ["UDP", "TCP", "TLS"] as const;

/**
 * Locates SIP servers (RFC 3263). Where the transport is given, of the NAPTR rules only those for it
 * count; else the best rule decides, and without any the SRV records that there are. Where the URI names no port they come first, then SRV at its usual name, then
 * plain addresses. All targets are returned, in the order to try them.
 */
export function srvResolver(dns: Dns, random: Random): Resolver {
  return {
    async resolve(uri, protocol) {
      const literal = literalAddress(uri, protocol);
      if (literal) return [literal];
      const host = uri.params["maddr"] ?? uri.host;
      if (uri.port === undefined) {
        const found = await viaSrv(dns, random, host, protocol);
        if (found.length > 0) return found;
      }
      const found = await hostTargets(dns, host, uri.port ?? defaultPort(protocol));
      if (found.length > 0) return found;
      throw unresolved(host);
    },

    async locate(uri) {
      const host = uri.params["maddr"] ?? uri.host;
      const usual = OPEN_TRANSPORTS.map((protocol) => ({
        protocol,
        records: recordsOf(dns, `${services[protocol]}.${host}`),
      }));
      const byRule: Located[] = [];
      for (const { protocol, replacement } of await naptrRules(dns, host, OPEN_TRANSPORTS))
        byRule.push(
          ...by(protocol, await srvTargets(dns, random, await recordsOf(dns, replacement))),
        );
      if (byRule.length > 0) return byRule;
      const found: Located[] = [];
      for (const { protocol, records } of usual)
        found.push(...by(protocol, await srvTargets(dns, random, await records)));
      if (found.length === 0) found.push(...by("UDP", await hostTargets(dns, host, 5060)));
      if (found.length === 0) throw unresolved(host);
      return found;
    },
  };
}

function by(protocol: TransportProtocol, targets: readonly HostPort[]): Located[] {
  return targets.map((target) => ({ ...target, protocol }));
}

function unresolved(host: string): OffhookError {
  return new OffhookError("ADDRESS_UNRESOLVED", `The host name ${host} has no address.`, {
    remedy: "Check the spelling of the trunk's host and the machine's DNS.",
  });
}

/** By priority, and within one priority at random by weight (RFC 2782). */
export function orderSrv(records: readonly SrvRecord[], random: Random): SrvRecord[] {
  const ordered: SrvRecord[] = [];
  const left = [...records].sort(
    (one, other) => one.priority - other.priority || one.weight - other.weight,
  );
  while (left.length > 0) {
    const priority = left[0]?.priority;
    const group = left.filter((record) => record.priority === priority);
    const total = group.reduce((sum, record) => sum + record.weight, 0);
    let running = 0;
    const drawn = random.unit() * total;
    const chosen = group.find((record) => {
      running += record.weight;
      return running >= drawn;
    });
    if (!chosen) break;
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}

async function viaSrv(
  dns: Dns,
  random: Random,
  host: string,
  protocol: TransportProtocol,
): Promise<HostPort[]> {
  // Both at once: a DNS that leaves one question unanswered costs a call no more than it did.
  const usual = recordsOf(dns, `${services[protocol]}.${host}`);
  const targets: HostPort[] = [];
  for (const { replacement } of await naptrRules(dns, host, [protocol]))
    targets.push(...(await srvTargets(dns, random, await recordsOf(dns, replacement))));
  return targets.length > 0 ? targets : srvTargets(dns, random, await usual);
}

/** Where the NAPTR rules of `host` point for these transports, best first: at SRV names. */
async function naptrRules(
  dns: Dns,
  host: string,
  protocols: readonly TransportProtocol[],
): Promise<{ readonly protocol: TransportProtocol; readonly replacement: string }[]> {
  const rules = (await dns.naptr?.(host).catch(() => [])) ?? [];
  return [...rules]
    .sort((one, other) => one.order - other.order || one.preference - other.preference)
    .flatMap(({ flags, service, replacement }) => {
      const protocol = protocols.find((each) => naptrServices[each] === service.toUpperCase());
      const leads = flags.toLowerCase() === "s" && replacement !== "" && replacement !== ".";
      return protocol && leads ? [{ protocol, replacement }] : [];
    })
    .slice(0, MAX_NAPTR_RULES);
}

/** Empty where there are none, or nobody says. */
async function recordsOf(dns: Dns, name: string): Promise<readonly SrvRecord[]> {
  return dns.srv(name).catch(() => []);
}

async function srvTargets(
  dns: Dns,
  random: Random,
  records: readonly SrvRecord[],
): Promise<HostPort[]> {
  const targets: HostPort[] = [];
  // A lone dot says that the service is not offered (RFC 2782).
  for (const record of orderSrv(records, random))
    if (record.name !== "" && record.name !== ".")
      targets.push(...(await hostTargets(dns, record.name, record.port)));
  return targets;
}

async function hostTargets(dns: Dns, host: string, port: number): Promise<HostPort[]> {
  if (isIP(host) !== 0) return [{ address: host, port }];
  const addresses = await dns.addresses(host).catch(() => []);
  return addresses.map((address) => ({ address, port }));
}
