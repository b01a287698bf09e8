import { createSipCarrier, type Random, type SipCarrier, seededRandom } from "@offhook/session";
import { afterEach, describe, expect, it } from "vitest";
import { openUdpWire } from "../../../packages/session/src/sip/transport/udp.js";
import { silentMediaPlane } from "../../bench/silent-media-plane.js";
import { endedBecause, matrixRow } from "../matrix-row.js";
import { type LegRecorder, recordLeg } from "./leg-recorder.js";
import { startSipp } from "./sipp.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const CALLS = 40;
/** Of forty: sipp does not answer again once both its responses were lost. */
const MAY_FAIL = { "5 %": 1, "15 %": 2 } as const;

type WireOpener = NonNullable<Parameters<typeof createSipCarrier>[0]["openWire"]>;

/** UDP that loses this share of what comes and of what goes. */
function lossy(share: number, random: Random): WireOpener {
  return async (listen, events) => {
    const isLost = () => random.unit() < share;
    const wire = await openUdpWire(
      { address: listen.address, port: listen.port },
      {
        ...events,
        onMessage: (data, from) => {
          if (!isLost()) events.onMessage(data, from);
        },
      },
    );
    return {
      ...wire,
      send: async (text, to) => {
        if (!isLost()) await wire.send(text, to);
      },
    };
  };
}

const talked = (heard: LegRecorder) => heard.signals.some(({ type }) => type === "answered");

describe.each([
  ["5 %", 0.05],
  ["15 %", 0.15],
] as const)("sipp, where %s of all packets are lost each way", (label, share) => {
  const carrierWith = (options: Partial<Parameters<typeof createSipCarrier>[0]>): SipCarrier =>
    createSipCarrier({
      mediaPlane: silentMediaPlane(),
      openWire: lossy(share, seededRandom(7)),
      ...options,
    });

  it("is called, and nearly every call comes about", async () => {
    matrixRow({ case: `${label} loss each way`, peer: "sipp", transport: "UDP", role: "we call" });
    const sipp = await startSipp({ scenario: "answer", calls: CALLS });
    const carrier = carrierWith({ trunk: { uri: `sip:127.0.0.1:${sipp.port}` } });
    closers.push(async () => {
      await carrier.close();
      await sipp.stop();
    });
    const destination = carrier.parseDestination("+12025550100");
    const calls = Array.from({ length: CALLS }, (_, at) => {
      const heard = recordLeg();
      const leg = heard.watch(
        carrier.placeCall({ callId: `c${at}`, destination }, heard),
        "outbound",
      );
      const over = heard.until("answered", 1, 35_000).then(
        () => leg.bye(),
        () => undefined,
      );
      return { heard, over };
    });
    await Promise.all(calls.map(({ over }) => over));
    const failed = calls.filter(({ heard }) => !talked(heard));
    expect(failed.length).toBeLessThanOrEqual(MAY_FAIL[label]);
    for (const { heard } of calls) endedBecause(heard.endReason());
  });

  it("calls, and nearly every call comes about", async () => {
    matrixRow({
      case: `${label} loss each way`,
      peer: "sipp",
      transport: "UDP",
      role: "we answer",
    });
    const carrier = carrierWith({ listen: ["udp:127.0.0.1:0"] });
    const legs: LegRecorder[] = [];
    carrier.receiveCalls((offer) => {
      const heard = recordLeg();
      legs.push(heard);
      heard.watch(offer.accept(heard), "inbound").answer();
    });
    const { addresses } = await carrier.ready();
    const sipp = await startSipp({
      scenario: "calling",
      calls: CALLS,
      target: { address: "127.0.0.1", port: addresses[0]?.port ?? 0 },
      arguments: ["-s", "+12025550199", "-r", "40"],
    });
    closers.push(async () => {
      await carrier.close();
      await sipp.stop();
    });
    const { code, errors } = await sipp.finished;
    expect(code, errors).toBe(0);
    expect(legs).toHaveLength(CALLS);
    // sipp takes a repeated 200 of ours for the answer to its BYE, and never sends that again.
    expect(CALLS - legs.filter(talked).length).toBeLessThanOrEqual(CALLS / 5);
    for (const heard of legs) endedBecause(heard.endReason());
  });
});
