import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.js";
import { parseUri } from "../message/header-value.js";
import { type Dns, orderSrv, type SrvRecord, srvResolver } from "./srv-resolver.js";

const record = (name: string, priority: number, weight: number): SrvRecord => ({
  name,
  port: 5070,
  priority,
  weight,
});

function resolve(uri: string, dns: Partial<Dns>) {
  const parsed = parseUri(uri);
  if (!parsed) throw new Error("no URI");
  const none = async () => {
    throw new Error("ENOTFOUND");
  };
  return srvResolver({ srv: none, addresses: none, ...dns }, seededRandom(1)).resolve(
    parsed,
    "UDP",
  );
}

describe("srvResolver", () => {
  it("asks for SRV where no port is named, and gives every target in order", async () => {
    const asked: string[] = [];
    const found = await resolve("sip:trunk.example.com", {
      srv: async (name) => {
        asked.push(name);
        return [record("b.example.com", 20, 0), record("a.example.com", 10, 0)];
      },
      addresses: async (host) =>
        host.startsWith("a") ? ["192.0.2.1", "192.0.2.2"] : ["192.0.2.3"],
    });
    expect(asked).toEqual(["_sip._udp.trunk.example.com"]);
    expect(found.map(({ address }) => address)).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    expect(found[0]?.port).toBe(5070);
  });

  it("goes where the NAPTR rules for its transport point, best rule first", async () => {
    const rule = (service: string, order: number, replacement: string, flags = "s") => ({
      flags,
      service,
      order,
      preference: 50,
      replacement,
    });
    const asked: string[] = [];
    const found = await resolve("sip:trunk.example.com", {
      naptr: async () => [
        rule("SIP+D2U", 20, "second.example.com"),
        rule("SIP+D2T", 1, "tcp.example.com"),
        rule("SIP+D2U", 5, "regex.example.com", "u"),
        rule("sip+d2u", 10, "first.example.com", "S"),
      ],
      srv: async (name) => {
        asked.push(name);
        return [record(`host-of-${name}`, 1, 1)];
      },
      addresses: async (host) => [host.includes("first") ? "192.0.2.1" : "192.0.2.2"],
    });
    expect(asked).toEqual([
      "_sip._udp.trunk.example.com",
      "first.example.com",
      "second.example.com",
    ]);
    expect(found.map(({ address }) => address)).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it("asks for SRV at its usual name where NAPTR leads nowhere", async () => {
    const found = await resolve("sip:trunk.example.com", {
      naptr: async () => [
        {
          flags: "s",
          service: "SIP+D2U",
          order: 1,
          preference: 1,
          replacement: "gone.example.com",
        },
      ],
      srv: async (name) => (name.startsWith("_sip") ? [record("a.example.com", 1, 1)] : []),
      addresses: async () => ["192.0.2.1"],
    });
    expect(found).toEqual([{ address: "192.0.2.1", port: 5070 }]);
  });

  it("asks no SRV where a port is named", async () => {
    const found = await resolve("sip:trunk.example.com:5090", {
      srv: async () => [record("wrong", 1, 1)],
      addresses: async () => ["192.0.2.9"],
    });
    expect(found).toEqual([{ address: "192.0.2.9", port: 5090 }]);
  });

  it("falls back to the host itself", async () => {
    const found = await resolve("sip:trunk.example.com", {
      addresses: async () => ["2001:db8::1"],
    });
    expect(found).toEqual([{ address: "2001:db8::1", port: 5060 }]);
  });

  it("asks nobody about an address", async () => {
    expect(await resolve("sip:[2001:db8::9]:5080", {})).toEqual([
      { address: "2001:db8::9", port: 5080 },
    ]);
  });

  it("says which host has no address", async () => {
    await expect(resolve("sip:nowhere.invalid", {})).rejects.toMatchObject({
      code: "ADDRESS_UNRESOLVED",
    });
  });
});

describe("a transport that nobody named", () => {
  const locate = (dns: Partial<Dns>) => {
    const none = async () => {
      throw new Error("ENOTFOUND");
    };
    const uri = parseUri("sip:trunk.example.com");
    if (!uri) throw new Error("no URI");
    return srvResolver({ srv: none, addresses: none, ...dns }, seededRandom(1)).locate?.(uri);
  };
  const rule = (service: string, preference: number, replacement: string) => ({
    flags: "s",
    service,
    order: 1,
    preference,
    replacement,
  });

  it("is what the best NAPTR rule says", async () => {
    const found = await locate({
      naptr: async () => [
        rule("SIP+D2U", 30, "udp.example.com"),
        rule("SIP+D2S", 5, "sctp.example.com"),
        rule("SIPS+D2T", 10, "tls.example.com"),
        rule("SIP+D2T", 20, "tcp.example.com"),
      ],
      srv: async (name) => (name.startsWith("_") ? [] : [record(`host.${name}`, 1, 1)]),
      addresses: async (host) => [host.includes("tls") ? "192.0.2.1" : "192.0.2.2"],
    });
    expect(found?.map(({ protocol }) => protocol)).toEqual(["TLS", "TCP", "UDP"]);
    expect(found?.[0]).toEqual({ address: "192.0.2.1", port: 5070, protocol: "TLS" });
  });

  it("is one that there are SRV records for", async () => {
    const found = await locate({
      srv: async (name) => (name === "_sip._tcp.trunk.example.com" ? [record("a", 1, 1)] : []),
      addresses: async () => ["192.0.2.1"],
    });
    expect(found).toEqual([{ address: "192.0.2.1", port: 5070, protocol: "TCP" }]);
  });

  it("is UDP where the DNS knows no more than the address", async () => {
    const found = await locate({ addresses: async () => ["192.0.2.1"] });
    expect(found).toEqual([{ address: "192.0.2.1", port: 5060, protocol: "UDP" }]);
    await expect(locate({})).rejects.toMatchObject({ code: "ADDRESS_UNRESOLVED" });
  });
});

describe("orderSrv", () => {
  it("follows priority strictly and weight by chance", () => {
    const random = seededRandom(5);
    const first = { heavy: 0, light: 0 };
    for (let round = 0; round < 1_000; round++) {
      const [one, , last] = orderSrv(
        [record("last", 2, 100), record("light", 1, 10), record("heavy", 1, 90)],
        random,
      );
      expect(last?.name).toBe("last");
      if (one?.name === "heavy") first.heavy += 1;
      else first.light += 1;
    }
    expect(first.heavy).toBeGreaterThan(850);
    expect(first.light).toBeGreaterThan(50);
  });
});
