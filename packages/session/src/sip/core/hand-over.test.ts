import { afterEach, expect, it } from "vitest";
import type { OutboundLeg } from "../../carrier.js";
import { seededRandom } from "../../random.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { memoryNetwork } from "../testing/memory-network.js";

const open: SipCarrier[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((carrier) => carrier.close()));
});

const longUri = `sip:other@192.0.2.1;note=${"n".repeat(1_300)}`;

/** A call over UDP between two carriers, whose peer takes TCP connections or not. */
async function talk(takesTcp: boolean) {
  const udp = memoryNetwork({ random: seededRandom(1) });
  const tcp = memoryNetwork({ random: seededRandom(2) });
  const carrier = (listen: string[], trunk?: { uri: string }) => {
    const made = createSipCarrier({
      listen,
      ...(trunk ? { trunk } : {}),
      mediaPlane: fakeMediaPlane(),
      openWire: async (address, events) => {
        if (address.protocol === "UDP") return udp.openWire(address, events);
        const wire = await tcp.openWire(address, events);
        return { ...wire, protocol: "TCP", reliable: true, isOpen: () => takesTcp };
      },
    });
    open.push(made);
    return made;
  };
  const callee = carrier(["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]);
  const caller = carrier(["udp:127.0.0.1:5070"], { uri: "sip:127.0.0.1:5060" });
  await callee.ready();
  const heard: LegSignal[] = [];
  callee.receiveCalls((offer) => {
    const leg = offer.accept({
      onSignal: (signal) => {
        heard.push(signal);
        if (signal.type === "transfer_request") leg.refuseTransfer?.(signal.request.requestId, 603);
      },
    });
    leg.answer();
  });
  let onSignal: (signal: LegSignal) => void = () => undefined;
  const until = (type: LegSignal["type"]) =>
    new Promise<LegSignal>((resolve) => {
      onSignal = (signal) => {
        if (signal.type === type) resolve(signal);
      };
    });
  const answered = until("answered");
  const leg: OutboundLeg = caller.placeCall(
    { callId: "call-1", destination: caller.parseDestination("+12025550100") },
    { onSignal: (signal) => onSignal(signal) },
  );
  await answered;
  return { leg, until, udp, tcp, heard };
}

const refers = (sent: readonly string[]) => sent.filter((text) => text.startsWith("REFER "));

it("sends what is too large for a datagram within a dialog over TCP, and hears the answer", async () => {
  const { leg, until, udp, tcp } = await talk(true);
  const progress = until("transfer");
  leg.refer?.(longUri);
  expect(await progress).toMatchObject({ progress: { status: "failed", sipStatus: 603 } });
  expect(refers(udp.sent)).toEqual([]);
  expect(refers(tcp.sent)).toEqual([expect.stringContaining("Via: SIP/2.0/TCP 127.0.0.1:5070;")]);
  expect(tcp.sent.filter((text) => text.startsWith("SIP/2.0 603"))).toHaveLength(1);
});

it("sends it over UDP all the same where TCP is refused", async () => {
  const { leg, until, udp, tcp } = await talk(false);
  const progress = until("transfer");
  leg.refer?.(longUri);
  expect(await progress).toMatchObject({ progress: { status: "failed", sipStatus: 603 } });
  expect(refers(udp.sent)).toHaveLength(1);
  expect(tcp.sent).toEqual([]);
});

it("leaves what fits a datagram with UDP", async () => {
  const { leg, until, udp } = await talk(true);
  const progress = until("transfer");
  leg.refer?.("sip:other@192.0.2.1");
  await progress;
  expect(refers(udp.sent)).toHaveLength(1);
});
