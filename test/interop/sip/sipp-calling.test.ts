import { createSipCarrier, type InboundLeg } from "@offhook/session";
import { afterEach, describe, expect, it } from "vitest";
import { silentMediaPlane } from "../../bench/silent-media-plane.js";
import { type LegRecorder, recordLeg } from "./leg-recorder.js";
import { type Sipp, startSipp } from "./sipp.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

interface Received {
  readonly sipp: Sipp;
  readonly heard: LegRecorder;
  readonly offered: { from: string; to: string; headers: Readonly<Record<string, string>> }[];
}

/** Lets sipp call us with `scenario`; `onLeg` decides what becomes of it. */
async function receive(
  transport: "udp" | "tcp",
  scenario: string,
  onLeg: (leg: InboundLeg, heard: LegRecorder) => void,
): Promise<Received> {
  const carrier = createSipCarrier({
    listen: [`${transport}:127.0.0.1:0`],
    mediaPlane: silentMediaPlane(),
  });
  const heard = recordLeg();
  const offered: Received["offered"] = [];
  carrier.receiveCalls((offer) => {
    offered.push({ from: offer.from, to: offer.to, headers: offer.headers });
    onLeg(offer.accept(heard), heard);
  });
  const { addresses } = await carrier.ready();
  const sipp = await startSipp({
    scenario,
    transport,
    target: { address: "127.0.0.1", port: addresses[0]?.port ?? 0 },
    arguments: ["-s", "+12025550199"],
  });
  closers.push(async () => {
    await carrier.close();
    await sipp.stop();
  });
  return { sipp, heard, offered };
}

async function satisfied(sipp: Sipp): Promise<void> {
  const { code, errors } = await sipp.finished;
  expect(code, errors).toBe(0);
}

describe.each(["udp", "tcp"] as const)("sipp calling over %s", (transport) => {
  it("is answered, and ends with a Reason", async () => {
    const { sipp, heard, offered } = await receive(transport, "calling", (leg) => {
      leg.ring();
      leg.answer();
    });
    await heard.until("answered");
    expect(await heard.until("far_side_ended")).toMatchObject({
      request: "BYE",
      reason: { q850: 16 },
    });
    await satisfied(sipp);
    expect(offered).toEqual([
      { from: "+12025550142", to: "+12025550199", headers: { "x-campaign": "spring" } },
    ]);
  });

  it("hears early media, is answered, and we end", async () => {
    const { sipp } = await receive(transport, "calling-then-wait", (leg, heard) => {
      leg.ring({ earlyMedia: true });
      leg.answer();
      void heard.until("answered").then(() => leg.bye());
    });
    await satisfied(sipp);
  });

  it("insists on reliable provisional responses", async () => {
    const { sipp, heard } = await receive(transport, "calling-reliably", (leg) => {
      leg.ring();
      leg.answer();
    });
    await heard.until("answered");
    await satisfied(sipp);
  });

  it("sends its SDP only with the ACK", async () => {
    const { sipp, heard } = await receive(transport, "calling-no-sdp", (leg) => leg.answer());
    expect((await heard.until("answered")).answer.usableMedia).toBe(true);
    await satisfied(sipp);
  });

  it("gives up while it rings", async () => {
    const { sipp, heard } = await receive(transport, "calling-then-cancel", (leg) => leg.ring());
    expect(await heard.until("far_side_ended")).toMatchObject({ request: "CANCEL" });
    await satisfied(sipp);
  });

  it("is refused", async () => {
    const { sipp } = await receive(transport, "calling-refused", (leg) => leg.reject(603));
    await satisfied(sipp);
  });

  it("is refused for want of a common codec", async () => {
    const { sipp, offered } = await receive(transport, "calling-incompatible", () => undefined);
    await satisfied(sipp);
    expect(offered).toHaveLength(0);
  });

  it("asks with OPTIONS whether we are there", async () => {
    const { sipp } = await receive(transport, "options", () => undefined);
    await satisfied(sipp);
  });

  it("never acknowledges our answer", async () => {
    const { sipp, heard } = await receive(transport, "calling-no-ack", (leg) => leg.answer());
    expect((await heard.until("dialog_lost", 1, 40_000)).detail).toMatch(/ACK/);
    await satisfied(sipp);
  });
});
