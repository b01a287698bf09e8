import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seededRandom } from "../../random.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { memoryNetwork } from "../testing/memory-network.js";

const carriers: SipCarrier[] = [];

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(async () => {
  const closing = Promise.all(carriers.splice(0).map((carrier) => carrier.close()));
  await vi.advanceTimersByTimeAsync(3_000);
  await closing;
  vi.useRealTimers();
});

async function pair(loss: number, seed: number) {
  const network = memoryNetwork({ random: seededRandom(seed), loss });
  const callee = createSipCarrier({
    listen: ["udp:127.0.0.1:5060"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(seed + 1),
    openWire: network.openWire,
  });
  const caller = createSipCarrier({
    trunk: { uri: "sip:127.0.0.1:5060" },
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(seed + 2),
    openWire: network.openWire,
  });
  carriers.push(callee, caller);
  await callee.ready();
  await caller.ready();
  return { network, callee, caller };
}

describe.each([0.05, 0.15])("with %f of all packets lost each way", (loss) => {
  it("completes 100 of 100 calls, from INVITE to BYE", async () => {
    const { callee, caller } = await pair(loss, 42);
    let ended = 0;
    callee.receiveCalls((offer) => {
      const leg = offer.accept({
        onSignal: (signal) => {
          if (signal.type === "far_side_ended") ended += 1;
        },
      });
      leg.ring();
      leg.answer();
    });
    let answered = 0;
    const others: LegSignal[] = [];
    for (let count = 0; count < 100; count++) {
      const leg = caller.placeCall(
        { callId: `call-${count}`, destination: caller.parseDestination("+12025550100") },
        {
          onSignal(signal) {
            if (signal.type === "answered") {
              answered += 1;
              setTimeout(() => leg.bye(), 1_000);
            } else if (signal.type !== "dialing" && signal.type !== "provisional")
              others.push(signal);
          },
        },
      );
    }
    await vi.advanceTimersByTimeAsync(120_000);
    expect(others).toEqual([]);
    expect({ answered, ended }).toEqual({ answered: 100, ended: 100 });
  });

  it("refuses and withdraws calls all the same", async () => {
    const { callee, caller } = await pair(loss, 7);
    callee.receiveCalls((offer) => {
      if (offer.to === "+12025550102") offer.refuse(486);
      else offer.accept({ onSignal() {} }).ring();
    });
    const finals: number[] = [];
    for (let count = 0; count < 40; count++) {
      const to = count % 2 === 0 ? "+12025550102" : "+12025550103";
      const leg = caller.placeCall(
        { callId: `call-${count}`, destination: caller.parseDestination(to) },
        {
          onSignal(signal) {
            if (signal.type === "rejected") finals.push(signal.response.status);
          },
        },
      );
      if (count % 2 === 1) setTimeout(() => leg.cancel(), 1_000);
    }
    await vi.advanceTimersByTimeAsync(120_000);
    expect(finals.filter((status) => status === 486)).toHaveLength(20);
    expect(finals.filter((status) => status === 487)).toHaveLength(20);
  });
});
