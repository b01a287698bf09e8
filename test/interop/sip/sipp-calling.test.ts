import {
  createSipCarrier,
  type InboundLeg,
  type InboundSettings,
  type SipCarrier,
} from "@offhook/session";
import { type VirtualClock, virtualClock } from "@offhook/session/testing";
import { afterEach, describe, expect, it } from "vitest";
import { silentMediaPlane } from "../../bench/silent-media-plane.js";
import { callingCases, upper } from "../matrix.js";
import { endedBecause, matrixRow } from "../matrix-row.js";
import {
  byeRace,
  byeRepeated,
  cancelingTooLate,
  challenged,
  holding,
  hungUpOnWith,
  neverRefreshing,
  recordRouted,
  refreshed,
  refreshing,
  refusedWith,
  updating,
} from "./calling-scenarios.js";
import { type LegRecorder, recordLeg } from "./leg-recorder.js";
import type { SippScenario } from "./scenario.js";
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

type Offer = Parameters<Parameters<SipCarrier["receiveCalls"]>[0]>[0];

interface Receiving {
  readonly clock?: VirtualClock;
  readonly inbound?: InboundSettings;
  /** False when it closed the offer itself. */
  readonly onOffer?: (offer: Offer) => boolean;
  /** Where it is about another case than the scenario is named after. */
  readonly name?: string;
}

/** Lets sipp call us with `scenario`; `onLeg` decides what becomes of it. */
async function receive(
  transport: "udp" | "tcp",
  scenario: string | SippScenario,
  onLeg: (leg: InboundLeg, heard: LegRecorder) => void,
  { clock, inbound, onOffer = () => true, name }: Receiving = {},
): Promise<Received> {
  const played = name ?? (typeof scenario === "string" ? scenario : scenario.name);
  const title = callingCases[played] ?? played;
  matrixRow({ case: title, peer: "sipp", transport: upper(transport), role: "we answer" });
  const carrier = createSipCarrier({
    listen: [`${transport}:127.0.0.1:0`],
    mediaPlane: silentMediaPlane(),
    ...(clock ? { clock } : {}),
    ...(inbound ? { inbound } : {}),
  });
  const heard = recordLeg();
  const offered: Received["offered"] = [];
  let accepted = false;
  carrier.receiveCalls((offer) => {
    offered.push({ from: offer.from, to: offer.to, headers: offer.headers });
    if (!onOffer(offer)) return;
    accepted = true;
    onLeg(heard.watch(offer.accept(heard), "inbound"), heard);
  });
  const { addresses } = await carrier.ready();
  const sipp = await startSipp({
    scenario,
    transport,
    target: { address: "127.0.0.1", port: addresses[0]?.port ?? 0 },
    arguments: ["-s", "+12025550199"],
  });
  closers.push(async () => {
    if (accepted) endedBecause(heard.endReason());
    await (clock ? clock.runUntil(carrier.close()) : carrier.close());
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

  it.each([
    ["refused-486", refusedWith(486), 486, {}],
    [
      "refused-480",
      refusedWith(480, "Reason: Q.850;cause=20"),
      480,
      { reason: { protocol: "Q.850", cause: 20 } },
    ],
    ["refused-404", refusedWith(404), 404, {}],
    [
      "refused-302",
      refusedWith(302, "Contact: <sip:elsewhere@192.0.2.1>"),
      302,
      {
        contacts: ["sip:elsewhere@192.0.2.1"],
      },
    ],
  ] as const)("is turned away: %s", async (_name, scenario, status, options) => {
    const { sipp } = await receive(transport, scenario, (leg) => leg.reject(status, options));
    await satisfied(sipp);
  });

  it("hears ringing, and is turned away then", async () => {
    const { sipp } = await receive(
      transport,
      refusedWith(480),
      (leg) => {
        leg.ring();
        setTimeout(() => leg.reject(480), 100);
      },
      { name: "refused-480-after-ringing" },
    );
    await satisfied(sipp);
  });

  it.each([401, 407] as const)("is asked with %i who it is, and says so", async (status) => {
    const account = { username: "offhook", password: "secret" };
    const how = {
      ...(status === 401 ? { inbound: { credentials: account } } : {}),
      onOffer: (offer: Offer) => status === 401 || offer.challenge(account),
    };
    const { sipp, heard } = await receive(
      transport,
      challenged(status),
      (leg) => leg.answer(),
      how,
    );
    await heard.until("far_side_ended");
    await satisfied(sipp);
  });

  it("gives up when we have just answered, and too late", async () => {
    const { sipp, heard } = await receive(transport, cancelingTooLate(), (leg) => leg.answer());
    expect(await heard.until("far_side_ended")).toMatchObject({ request: "BYE" });
    await satisfied(sipp);
  });

  it("is hung up on, with a Reason", async () => {
    const reason = { protocol: "Q.850", cause: 16 } as const;
    const { sipp } = await receive(
      transport,
      hungUpOnWith("Reason: Q.850;cause=16"),
      (leg, heard) => {
        leg.answer();
        void heard.until("answered").then(() => leg.bye(reason));
      },
    );
    await satisfied(sipp);
  });

  it("comes through a proxy that stays in the way", async () => {
    const { sipp } = await receive(transport, recordRouted(), (leg, heard) => {
      leg.answer();
      void heard.until("answered").then(() => leg.bye());
    });
    await satisfied(sipp);
  });

  it("hangs up in the same moment as we do", async () => {
    const { sipp } = await receive(transport, byeRace(), (leg, heard) => {
      leg.answer();
      void heard.until("answered").then(() => leg.bye());
    });
    await satisfied(sipp);
  });

  it("hangs up, and says so twice", async () => {
    const { sipp, heard } = await receive(transport, byeRepeated(), (leg) => leg.answer());
    await heard.until("far_side_ended");
    await satisfied(sipp);
  });

  it("holds us and takes us back", async () => {
    const { sipp, heard } = await receive(transport, holding(), (leg) => leg.answer());
    expect((await heard.until("held")).held).toBe(true);
    expect((await heard.until("held", 2)).held).toBe(false);
    await heard.until("far_side_ended");
    await satisfied(sipp);
  });

  it("changes the call by UPDATE", async () => {
    const { sipp, heard } = await receive(transport, updating(), (leg) => leg.answer());
    expect((await heard.until("held")).held).toBe(true);
    await heard.until("far_side_ended");
    await satisfied(sipp);
  });

  it("keeps the session alive", async () => {
    const { sipp, heard } = await receive(transport, refreshing(), (leg) => leg.answer());
    await heard.until("far_side_ended");
    await satisfied(sipp);
  });

  it("lets us keep the session alive", async () => {
    const clock = virtualClock();
    const { sipp, heard } = await receive(transport, refreshed(), (leg) => leg.answer(), { clock });
    await heard.until("answered");
    await clock.advanceBy(46_000);
    await heard.until("far_side_ended");
    await satisfied(sipp);
  });

  it("does not keep the session alive, and is given up", async () => {
    const clock = virtualClock();
    const { sipp, heard } = await receive(transport, neverRefreshing(), (leg) => leg.answer(), {
      clock,
    });
    await heard.until("answered");
    await clock.advanceBy(90_000);
    expect((await heard.until("dialog_lost")).detail).toMatch(/session timer/);
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
