import { afterEach, expect, it } from "vitest";
import { createSipCarrier, type SipCarrier, type SipTrunk } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";

const open: SipCarrier[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((carrier) => carrier.close()));
});

/** Over which transport a trunk is asked whose DNS says TCP. */
async function asked(trunk: SipTrunk): Promise<string> {
  const callee = createSipCarrier({
    listen: ["tcp:127.0.0.1:0", "udp:127.0.0.1:0"],
    mediaPlane: fakeMediaPlane(),
  });
  open.push(callee);
  const { addresses } = await callee.ready();
  const at = (protocol: string) => ({
    address: "127.0.0.1",
    port: addresses.find((address) => address.protocol === protocol)?.port ?? 0,
  });
  const caller = createSipCarrier({
    trunk,
    mediaPlane: fakeMediaPlane(),
    resolver: {
      resolve: async (_uri, protocol) => [at(protocol)],
      locate: async () => [{ ...at("TCP"), protocol: "TCP" }],
    },
  });
  open.push(caller);
  const { protocol, status } = await caller.ping();
  expect(status).toBe(200);
  return protocol;
}

it("is left to the DNS where neither trunk nor URI names it", async () => {
  expect(await asked({ uri: "sip:trunk.example.com" })).toBe("TCP");
});

it.each([
  { uri: "sip:trunk.example.com", transport: "udp" },
  { uri: "sip:trunk.example.com;transport=udp" },
  { uri: "sip:trunk.example.com:5060" },
] as const)("is not where one is named: %j", async (trunk) => {
  expect(await asked(trunk)).toBe("UDP");
});
