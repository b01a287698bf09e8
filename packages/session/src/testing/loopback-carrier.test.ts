import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMediaPlane } from "../media/create-media-plane.js";
import { createSipCarrier } from "../sip/sip-carrier.js";
import { type CarrierUnderTest, describeCarrier } from "./contract.js";
import { type LoopbackCarrier, startLoopbackCarrier } from "./loopback-carrier.js";
import { numberTable } from "./numbers.js";

const numbers = numberTable({ ringMs: 100, voicemailRingMs: 400 });
const profile = { voicemailRing: { minMs: 300 } };

const REAL_TIME = "takes many seconds of real time; the demo calls it";
const except = {
  "+12025550100": REAL_TIME,
  "+12025550101": REAL_TIME,
  "+12025550107": REAL_TIME,
  "+12025550112": REAL_TIME,
  "+12025550113": REAL_TIME,
  "+12025550115": REAL_TIME,
  "+12025550119": REAL_TIME,
};

let loopback: LoopbackCarrier;
beforeAll(async () => {
  loopback = await startLoopbackCarrier({ numbers });
});
afterAll(async () => {
  expect(loopback.openCalls).toBe(0);
  await loopback.close();
});

for (const transport of ["udp", "tcp"] as const) {
  const open = async (): Promise<CarrierUnderTest> => {
    const address = loopback.addresses.find((text) => text.startsWith(transport)) ?? "";
    const carrier = createSipCarrier({
      trunk: {
        uri: `sip:${address.slice(4)}`,
        transport,
        ...loopback.credentials,
        profile,
      },
      mediaPlane: createMediaPlane(),
    });
    return {
      carrier,
      waitFor: (work) => work,
      heard: (number) => loopback.heard(number),
      close: () => carrier.close(),
    };
  };
  describeCarrier(
    { describe, it: it.concurrent },
    {
      name: `loopback carrier over ${transport} and RTP`,
      numbers,
      except,
      limits: { ringMs: 800, noResponseMs: 800 },
      open,
    },
  );
}

describe("loopback carrier", () => {
  it("names the address to dial, and the numbers that answer", () => {
    expect(loopback.uri).toMatch(/^sip:127\.0\.0\.1:\d+$/);
    expect(loopback.numbers).toBe(numbers);
    expect(() => loopback.heard("+12025550199")).toThrow(/Nobody called/);
  });

  it("refuses an address it cannot listen on", async () => {
    await expect(startLoopbackCarrier({ listen: ["smoke:signals"] })).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
    const taken = loopback.addresses.find((text) => text.startsWith("tcp")) ?? "";
    await expect(startLoopbackCarrier({ listen: [taken] })).rejects.toMatchObject({
      code: "ADDRESS_IN_USE",
    });
  });

  it("listens no longer once it is closed", async () => {
    const short = await startLoopbackCarrier({ listen: ["tcp:127.0.0.1:0"] });
    const port = Number(short.addresses[0]?.split(":").at(-1));
    await short.close();
    const refused = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(false)).once("error", () => resolve(true));
    });
    expect(refused).toBe(true);
  });
});
