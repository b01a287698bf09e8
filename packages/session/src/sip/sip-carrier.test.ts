import { afterEach, describe, expect, it } from "vitest";
import type { InboundLeg, LegSink, OutboundLeg } from "../carrier.js";
import type { LegSignal } from "../vocabulary.js";
import type { SipInboundOffer } from "./leg/inbound-offer.js";
import { createSipCarrier, type SipCarrier } from "./sip-carrier.js";
import { testAuthority, testCertificate, testKey } from "./testing/certificates.js";
import { type FakeMediaPlane, fakeMediaPlane } from "./testing/fake-media-plane.js";

type Transport = "udp" | "tcp" | "tls" | "ws" | "wss";

interface Recorder extends LegSink {
  readonly signals: LegSignal[];
  until(type: LegSignal["type"], count?: number): Promise<LegSignal>;
}

function recorder(): Recorder {
  const signals: LegSignal[] = [];
  const waiting: { type: string; count: number; resolve: (signal: LegSignal) => void }[] = [];
  const nth = (type: string, count: number) =>
    signals.filter((signal) => signal.type === type)[count - 1];
  return {
    signals,
    onSignal(signal) {
      signals.push(signal);
      for (const wait of waiting.splice(0)) {
        const found = nth(wait.type, wait.count);
        if (found) wait.resolve(found);
        else waiting.push(wait);
      }
    },
    until(type, count = 1) {
      const found = nth(type, count);
      if (found) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        waiting.push({ type, count, resolve });
        setTimeout(
          () =>
            reject(
              new Error(`no ${type} among ${signals.map((signal) => signal.type).join(", ")}`),
            ),
          4_000,
        );
      });
    },
  };
}

const open: SipCarrier[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((carrier) => carrier.close()));
});

async function callee(
  transport: Transport,
  onOffer: (offer: SipInboundOffer) => void,
): Promise<{ port: number; plane: FakeMediaPlane; carrier: SipCarrier }> {
  const plane = fakeMediaPlane();
  const carrier = createSipCarrier({
    listen: [`${transport}:127.0.0.1:0`],
    tls: { cert: testCertificate, key: testKey },
    mediaPlane: plane,
  });
  open.push(carrier);
  carrier.receiveCalls(onOffer);
  const { addresses } = await carrier.ready();
  return { port: addresses[0]?.port ?? 0, plane, carrier };
}

function caller(
  transport: Transport,
  port: number,
  credentials: { username?: string; password?: string } = {},
): {
  dial: (to?: string) => { leg: OutboundLeg; sink: Recorder };
  plane: FakeMediaPlane;
  carrier: SipCarrier;
} {
  const plane = fakeMediaPlane();
  const carrier = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${port}`, transport, ...credentials },
    tls: { ca: testAuthority },
    mediaPlane: plane,
  });
  open.push(carrier);
  return {
    plane,
    carrier,
    dial(to = "+12025550100") {
      const sink = recorder();
      const destination = carrier.parseDestination(to);
      return { leg: carrier.placeCall({ callId: "call-1", destination }, sink), sink };
    },
  };
}

function inbound(): { sink: Recorder; accept: (offer: SipInboundOffer) => InboundLeg } {
  const sink = recorder();
  return { sink, accept: (offer) => offer.accept(sink) };
}

describe.each(["udp", "tcp", "tls", "ws", "wss"] as const)(
  "two SIP carriers over %s",
  (transport) => {
    it("ring, answer and end by the callee's BYE with its Reason", async () => {
      const { sink: far, accept } = inbound();
      let leg: InboundLeg | undefined;
      const { port } = await callee(transport, (offer) => {
        expect(offer.to).toBe("+12025550100");
        leg = accept(offer);
        leg.ring();
        leg.answer();
      });
      const { sink } = caller(transport, port).dial();
      expect(await sink.until("answered")).toMatchObject({
        answer: { status: 200, usableMedia: true, crossedCancel: false },
      });
      await far.until("answered");
      leg?.bye({ protocol: "Q.850", cause: 16, text: "bye" });
      expect(await sink.until("far_side_ended")).toEqual({
        type: "far_side_ended",
        request: "BYE",
        reason: { reasonHeaders: ['Q.850;cause=16;text="bye"'], q850: 16, q850Text: "bye" },
      });
      expect(sink.signals.map((signal) => signal.type)).toEqual([
        "dialing",
        "provisional",
        "provisional",
        "answered",
        "far_side_ended",
      ]);
    });

    it("end by the caller's BYE", async () => {
      const { sink: far, accept } = inbound();
      const { port } = await callee(transport, (offer) => accept(offer).answer());
      const { leg, sink } = caller(transport, port).dial();
      await sink.until("answered");
      await far.until("answered");
      leg.bye();
      expect(await far.until("far_side_ended")).toMatchObject({ request: "BYE" });
    });

    it("tell a refusal with its evidence", async () => {
      const { port } = await callee(transport, (offer) =>
        offer.refuse(480, {
          reason: { protocol: "Q.850", cause: 20 },
          headers: { "Retry-After": "30", Warning: '399 x "full"' },
        }),
      );
      const { sink } = caller(transport, port).dial();
      expect(await sink.until("rejected")).toMatchObject({
        response: { status: 480, q850: 20, retryAfter: 30, warning: '399 x "full"' },
      });
    });

    it("withdraw a ringing call by CANCEL", async () => {
      const { sink: far, accept } = inbound();
      const { port } = await callee(transport, (offer) => accept(offer).ring());
      const { leg, sink } = caller(transport, port).dial();
      await sink.until("provisional", 2);
      leg.cancel();
      expect(await sink.until("rejected")).toMatchObject({ response: { status: 487 } });
      expect(await far.until("far_side_ended")).toMatchObject({ request: "CANCEL" });
    });

    it("play early media before the answer", async () => {
      const { accept } = inbound();
      let far: InboundLeg | undefined;
      const { port } = await callee(transport, (offer) => {
        far = accept(offer);
        far.ring({ earlyMedia: true });
      });
      const near = caller(transport, port);
      const { sink } = near.dial();
      expect(await sink.until("provisional", 2)).toMatchObject({
        response: { status: 183, hasSdp: true },
      });
      expect(near.plane.ports[0]?.agreements[0]?.send.name).toBe("PCMU");
      far?.answer();
      await sink.until("answered");
      expect(near.plane.ports[0]?.phase).toBe("active");
    });

    it.each(["MD5", "SHA-256", "SHA-512-256"] as const)(
      "ask for a password with %s",
      async (algorithm) => {
        const { accept } = inbound();
        const { port } = await callee(transport, (offer) => {
          const proven = offer.challenge({ username: "u", password: "right", algorithm });
          if (proven) accept(offer).answer();
        });
        const good = caller(transport, port, { username: "u", password: "right" }).dial();
        expect(await good.sink.until("answered")).toMatchObject({ answer: { status: 200 } });
        const bad = caller(transport, port, { username: "u", password: "wrong" }).dial();
        expect(await bad.sink.until("rejected")).toMatchObject({ response: { status: 407 } });
        const none = caller(transport, port).dial();
        expect(await none.sink.until("rejected")).toMatchObject({ response: { status: 407 } });
      },
    );

    it("hold and take back", async () => {
      const { sink: far, accept } = inbound();
      const { port, plane } = await callee(transport, (offer) => accept(offer).answer());
      const { leg, sink } = caller(transport, port).dial();
      await sink.until("answered");
      await far.until("answered");
      leg.hold?.(true);
      expect(await far.until("held")).toEqual({ type: "held", by: "far_side", held: true });
      expect(await sink.until("held")).toEqual({ type: "held", by: "us", held: true });
      expect(plane.ports[0]?.agreements.at(-1)?.direction).toBe("recvonly");
      leg.hold?.(false);
      expect(await far.until("held", 2)).toMatchObject({ held: false });
      await sink.until("held", 2);
    });

    it("transfer, and tell how it went", async () => {
      const { sink: far, accept } = inbound();
      let transferee: InboundLeg | undefined;
      const { port } = await callee(transport, (offer) => {
        transferee = accept(offer);
        transferee.answer();
      });
      const { leg, sink } = caller(transport, port).dial();
      await sink.until("answered");
      await far.until("answered");
      leg.refer?.("+12025550101");
      const asked = await far.until("transfer_request");
      if (asked.type === "transfer_request")
        transferee?.refuseTransfer?.(asked.request.requestId, 403);
      expect(await sink.until("transfer")).toMatchObject({
        progress: { status: "failed", sipStatus: 403 },
      });
      leg.bye();
      await far.until("far_side_ended");
    });

    it("follow a redirect, and not in circles", async () => {
      const { accept } = inbound();
      const { port } = await callee(transport, (offer) => {
        const self = (user: string) =>
          `sip:${user}@127.0.0.1:${port};transport=${transport === "wss" ? "ws" : transport}`;
        if (offer.to === "+12025550100") offer.refuse(302, { contacts: [self("200")] });
        else if (offer.to === "300") offer.refuse(302, { contacts: [self("300")] });
        else accept(offer).answer();
      });
      if (transport === "wss") return; // A redirect to `wss` cannot be told from `ws`.
      const near = caller(transport, port);
      const { sink } = near.dial();
      await sink.until("answered");
      const { sink: circling } = near.dial(`sip:300@127.0.0.1:${port};transport=${transport}`);
      expect(await circling.until("rejected")).toMatchObject({ response: { status: 302 } });
    });

    it("ask with OPTIONS whether the other is there", async () => {
      const { port } = await callee(transport, () => undefined);
      const result = await caller(transport, port).carrier.ping();
      expect(result).toMatchObject({ status: 200, target: { port }, server: "offhook" });
      expect(result.seenAs?.address).toBe("127.0.0.1");
    });

    it("say at once that nobody listens", async () => {
      const { port, carrier } = await callee(transport, () => undefined);
      await carrier.close();
      const { sink } = caller(transport, port).dial();
      const signal = await sink.until("unanswered");
      expect(signal).toMatchObject({ cause: "transport" });
      expect(signal).toHaveProperty("detail", expect.stringContaining("ECONNREFUSED"));
    });

    it("refuse with 500 where the receiver throws, and with 503 once it stopped", async () => {
      const { port, carrier } = await callee(transport, () => {
        throw new Error("receiver");
      });
      const near = caller(transport, port);
      expect(await near.dial().sink.until("rejected")).toMatchObject({ response: { status: 500 } });
      carrier.receiveCalls(() => undefined)();
      expect(await near.dial().sink.until("rejected")).toMatchObject({
        response: { status: 503, retryAfter: 10 },
      });
    });
  },
);

describe("createSipCarrier", () => {
  it("tries the next address of a name when the first refuses", async () => {
    const { sink: far, accept } = inbound();
    const { port } = await callee("udp", (offer) => accept(offer).answer());
    const caller = createSipCarrier({
      trunk: { uri: `sip:two-addresses.example:${port}` },
      mediaPlane: fakeMediaPlane(),
      resolver: {
        resolve: async () => [
          { address: "127.0.0.2", port },
          { address: "127.0.0.1", port },
        ],
      },
    });
    open.push(caller);
    const sink = recorder();
    const destination = caller.parseDestination("+12025550100");
    const leg = caller.placeCall({ callId: "two", destination }, sink);
    await sink.until("answered");
    expect(sink.signals.filter(({ type }) => type === "dialing")).toHaveLength(1);
    leg.bye();
    await far.until("far_side_ended");
  });

  it.each(["udp", "tcp"])("speaks IPv6 over %s", async (transport) => {
    const callee = createSipCarrier({
      listen: [`${transport}:[::1]:0`],
      mediaPlane: fakeMediaPlane(),
    });
    open.push(callee);
    const { sink: far, accept } = inbound();
    callee.receiveCalls((offer) => accept(offer).answer());
    const { addresses } = await callee.ready();
    const plane = fakeMediaPlane();
    const caller = createSipCarrier({
      trunk: { uri: `sip:[::1]:${addresses[0]?.port};transport=${transport}` },
      mediaPlane: plane,
    });
    open.push(caller);
    const sink = recorder();
    const destination = caller.parseDestination("+12025550100");
    const leg = caller.placeCall({ callId: "six", destination }, sink);
    await sink.until("answered");
    expect(plane.ports[0]?.agreements[0]?.remote.address).toBe("::1");
    leg.bye();
    await far.until("far_side_ended");
  });

  it("says that a host has no address", async () => {
    const carrier = createSipCarrier({
      trunk: { uri: "sip:no-such-host.invalid" },
      mediaPlane: fakeMediaPlane(),
    });
    open.push(carrier);
    const sink = recorder();
    carrier.placeCall({ callId: "c", destination: carrier.parseDestination("+12025550100") }, sink);
    expect(await sink.until("unanswered")).toHaveProperty(
      "detail",
      expect.stringContaining("ADDRESS_UNRESOLVED"),
    );
    expect(sink.signals).toHaveLength(1);
  });

  it("says that an address is taken", async () => {
    const { port } = await callee("udp", () => undefined);
    const second = createSipCarrier({
      listen: [`udp:127.0.0.1:${port}`],
      mediaPlane: fakeMediaPlane(),
    });
    open.push(second);
    await expect(second.ready()).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
  });
});
