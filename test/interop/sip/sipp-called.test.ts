import {
  createSipCarrier,
  type LegSignal,
  type OutboundLeg,
  type SipTrunk,
} from "@offhook/session";
import { type VirtualClock, virtualClock } from "@offhook/session/testing";
import { afterEach, describe, expect, it } from "vitest";
import { silentMediaPlane } from "../../bench/silent-media-plane.js";
import { calledCases, upper } from "../matrix.js";
import { endedBecause, matrixRow } from "../matrix-row.js";
import {
  answerRepeated,
  byeRace,
  byeRepeated,
  challengedWithSha256,
  neverRefreshed,
  refreshedByReinvite,
  refreshedByUpdate,
  ringThenUnavailable,
} from "./called-scenarios.js";
import { type LegRecorder, recordLeg } from "./leg-recorder.js";
import type { SippScenario } from "./scenario.js";
import { freePort, type Sipp, startSipp } from "./sipp.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

interface Called {
  readonly sipp: Sipp;
  readonly leg: OutboundLeg;
  readonly heard: LegRecorder;
}

/** Calls sipp, which plays `scenario`. */
async function call(
  transport: "udp" | "tcp",
  scenario: string | SippScenario,
  trunk: Partial<SipTrunk> = {},
  clock?: VirtualClock,
): Promise<Called> {
  const name = typeof scenario === "string" ? scenario : scenario.name;
  const title = calledCases[name] ?? name;
  matrixRow({ case: title, peer: "sipp", transport: upper(transport), role: "we call" });
  const sipp = await startSipp({ scenario, transport });
  const carrier = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${sipp.port}`, transport, ...trunk },
    mediaPlane: silentMediaPlane(),
    ...(clock ? { clock } : {}),
  });
  const heard = recordLeg();
  closers.push(async () => {
    endedBecause(heard.endReason());
    await (clock ? clock.runUntil(carrier.close()) : carrier.close());
    await sipp.stop();
  });
  const destination = carrier.parseDestination("+12025550100");
  const leg = heard.watch(carrier.placeCall({ callId: name, destination }, heard), "outbound");
  return { sipp, leg, heard };
}

async function satisfied(sipp: Sipp): Promise<void> {
  const { code, errors } = await sipp.finished;
  expect(code, errors).toBe(0);
}

const credentials = { username: "offhook", password: "secret" };
const types = (signals: readonly LegSignal[]) => signals.map((signal) => signal.type);

describe.each(["udp", "tcp"] as const)("sipp called over %s", (transport) => {
  it("answers, and we end", async () => {
    const { sipp, leg, heard } = await call(transport, "answer");
    const { answer } = await heard.until("answered");
    expect(answer).toMatchObject({ status: 200, usableMedia: true, crossedCancel: false });
    leg.bye();
    await satisfied(sipp);
    expect(types(heard.signals)).toEqual(["dialing", "provisional", "provisional", "answered"]);
  });

  it("answers, and ends with a Reason", async () => {
    const { sipp, heard } = await call(transport, "answer-then-bye");
    const { request, reason } = await heard.until("far_side_ended");
    expect({ request, ...reason }).toMatchObject({ request: "BYE", q850: 16, q850Location: "U" });
    await satisfied(sipp);
  });

  it.each([
    ["busy", { status: 486 }],
    ["unavailable", { status: 480, reasonHeaders: [] }],
    ["unavailable-with-reason", { status: 480, q850: 20, q850Location: "RLN" }],
    ["not-found", { status: 404 }],
    ["decline", { status: 603 }],
    ["forbidden", { status: 403, warning: '399 carrier "blocked"' }],
    ["service-unavailable", { status: 503, retryAfter: 17 }],
    ["rejected-608", { status: 608, redress: "https://example.com/redress.json" }],
    ["retargeted", { status: 480, retarget: { toVoicemail: true } }],
  ])("refuses: %s", async (scenario, expected) => {
    const { sipp, heard } = await call(transport, scenario);
    const { response } = await heard.until("rejected");
    expect(response).toMatchObject(expected);
    await satisfied(sipp);
  });

  it("plays early media", async () => {
    const { sipp, leg, heard } = await call(transport, "early-media");
    expect((await heard.until("provisional")).response).toMatchObject({
      status: 183,
      hasSdp: true,
    });
    await heard.until("answered");
    leg.bye();
    await satisfied(sipp);
  });

  it("rings until we cancel", async () => {
    const { sipp, leg, heard } = await call(transport, "ring-then-canceled");
    await heard.until("provisional");
    leg.cancel();
    expect((await heard.until("rejected")).response.status).toBe(487);
    await satisfied(sipp);
  });

  it("gets CANCEL only after its first response", async () => {
    const { sipp, leg, heard } = await call(transport, "trying-then-canceled");
    await heard.until("dialing");
    leg.cancel();
    expect((await heard.until("rejected")).response.status).toBe(487);
    await satisfied(sipp);
  });

  it("answers across our CANCEL", async () => {
    const { sipp, leg, heard } = await call(transport, "answer-crossing-cancel");
    await heard.until("provisional");
    leg.cancel();
    expect((await heard.until("answered")).answer).toMatchObject({
      crossedCancel: true,
      usableMedia: true,
    });
    await satisfied(sipp);
  });

  it("answers without SDP", async () => {
    const { sipp, heard } = await call(transport, "answer-without-sdp");
    expect((await heard.until("answered")).answer.usableMedia).toBe(false);
    await satisfied(sipp);
  });

  it("rings without Contact", async () => {
    const { sipp, leg, heard } = await call(transport, "ringing-without-contact");
    expect((await heard.until("provisional")).response.status).toBe(180);
    await heard.until("answered");
    leg.bye();
    await satisfied(sipp);
  });

  it("forks while ringing, and the answered one wins", async () => {
    const { sipp, leg, heard } = await call(transport, "forked-ringing");
    expect((await heard.until("answered")).answer.toTag).toBe("fork-b");
    const tags = heard.signals.map((signal) =>
      signal.type === "provisional" ? signal.response.toTag : undefined,
    );
    expect(tags).toContain("fork-a");
    expect(tags).toContain("fork-b");
    leg.bye();
    await satisfied(sipp);
  });

  it("routes back by Record-Route", async () => {
    const { sipp, leg, heard } = await call(transport, "record-route");
    await heard.until("answered");
    leg.bye();
    await satisfied(sipp);
  });

  it("holds us and takes us back", async () => {
    const { sipp, leg, heard } = await call(transport, "hold-by-callee");
    expect((await heard.until("held")).held).toBe(true);
    expect((await heard.until("held", 2)).held).toBe(false);
    // sipp loses a BYE that shares a segment with the response before it.
    await new Promise((resolve) => setTimeout(resolve, 200));
    leg.bye();
    await satisfied(sipp);
  });

  it("sends UPDATE, OPTIONS and a digit by INFO", async () => {
    const { sipp, leg, heard } = await call(transport, "update-and-info");
    expect(await heard.until("dtmf")).toMatchObject({ digit: "5", durationMs: 200, via: "info" });
    leg.bye();
    await satisfied(sipp);
  });

  it.each([
    "challenge-407",
    "challenge-401",
    "challenge-407-then-401",
    "challenge-stale",
    "challenge-several",
    "challenge-auth-int",
  ])("asks for a password: %s", async (scenario) => {
    const { sipp, leg, heard } = await call(transport, scenario, credentials);
    expect((await heard.until("answered")).answer.status).toBe(200);
    leg.bye();
    await satisfied(sipp);
  });

  it("refuses our password", async () => {
    const { sipp, heard } = await call(transport, "challenge-twice-wrong-password", credentials);
    expect((await heard.until("rejected")).response.status).toBe(407);
    await satisfied(sipp);
  });

  it.each(["reliable-183", "session-interval-too-small", "redirect"])(
    "answers in the end: %s",
    async (scenario) => {
      const { sipp, leg, heard } = await call(transport, scenario);
      expect((await heard.until("answered")).answer.usableMedia).toBe(true);
      leg.bye();
      await satisfied(sipp);
    },
  );

  it("rings, and says then that it is not there", async () => {
    const { sipp, heard } = await call(transport, ringThenUnavailable());
    const { response } = await heard.until("rejected");
    expect(response.status).toBe(480);
    expect(types(heard.signals)).toContain("provisional");
    await satisfied(sipp);
  });

  it("hangs up in the same moment as we do", async () => {
    const { sipp, leg, heard } = await call(transport, byeRace());
    await heard.until("answered");
    leg.bye();
    await satisfied(sipp);
  });

  it("hangs up, and says so twice", async () => {
    const { sipp, heard } = await call(transport, byeRepeated());
    await heard.until("far_side_ended");
    await satisfied(sipp);
    expect(types(heard.signals).filter((type) => type === "far_side_ended")).toHaveLength(1);
  });

  it("answers again, as if our ACK were lost", async () => {
    const { sipp, leg, heard } = await call(transport, answerRepeated());
    await heard.until("answered");
    await new Promise((resolve) => setTimeout(resolve, 500));
    leg.bye();
    await satisfied(sipp);
    expect(types(heard.signals).filter((type) => type === "answered")).toHaveLength(1);
  });

  it.each([
    ["UPDATE", refreshedByUpdate],
    ["re-INVITE", refreshedByReinvite],
  ])("lets us keep the session alive, by %s", async (_method, scenario) => {
    const clock = virtualClock();
    const { sipp, leg, heard } = await call(transport, scenario(), {}, clock);
    await heard.until("answered");
    await clock.advanceBy(46_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await clock.advanceBy(40_000);
    expect(types(heard.signals)).not.toContain("dialog_lost");
    leg.bye();
    await satisfied(sipp);
  });

  it("does not keep the session alive, and is given up", async () => {
    const clock = virtualClock();
    const { sipp, heard } = await call(transport, neverRefreshed(), {}, clock);
    await heard.until("answered");
    await clock.advanceBy(90_000);
    expect((await heard.until("dialog_lost")).detail).toMatch(/session timer/);
    await satisfied(sipp);
  });

  it("asks for SHA-256 or MD5, and gets SHA-256", async () => {
    const { sipp, leg, heard } = await call(transport, challengedWithSha256(), credentials);
    await heard.until("answered");
    leg.bye();
    await satisfied(sipp);
  });

  it("lets itself be transferred, and says how it goes", async () => {
    const { sipp, leg, heard } = await call(transport, "transfer");
    await heard.until("answered");
    leg.refer?.("+12025550101");
    await heard.until("transfer", 4);
    leg.bye();
    await satisfied(sipp);
    expect(
      heard.signals.flatMap((signal) =>
        signal.type === "transfer" ? [signal.progress.status] : [],
      ),
    ).toEqual(["accepted", "trying", "ringing", "completed"]);
  });

  it("sends us on to another sipp, and reads how it goes", async () => {
    const target = await startSipp({ scenario: "answer", transport });
    const sender = await startSipp({
      scenario: "sends-us-on",
      transport,
      arguments: ["-key", "target_port", String(target.port)],
    });
    const carrier = createSipCarrier({ mediaPlane: silentMediaPlane() });
    closers.push(async () => {
      await carrier.close();
      await Promise.all([target.stop(), sender.stop()]);
    });
    const heard = recordLeg();
    const destination = carrier.parseDestination(
      `sip:desk@127.0.0.1:${sender.port};transport=${transport}`,
    );
    const leg = carrier.placeCall({ callId: "sent-on", destination }, heard);
    const { request } = await heard.until("transfer_request");
    leg.acceptTransfer?.(request.requestId);
    await heard.until("far_side_changed");
    await satisfied(sender);
    leg.bye();
    await satisfied(target);
    expect(
      heard.signals.flatMap((signal) =>
        signal.type === "transfer_followed" ? [signal.progress.status] : [],
      ),
    ).toEqual(["accepted", "trying", "ringing", "completed"]);
  });

  it("is refused when it sends us on", async () => {
    const { sipp, leg, heard } = await call(transport, "is-refused-a-transfer");
    const { request } = await heard.until("transfer_request");
    leg.refuseTransfer?.(request.requestId, 603);
    await satisfied(sipp);
    await heard.until("far_side_ended");
  });

  it("meets our hold with 491, and we ask again", async () => {
    const { sipp, leg, heard } = await call(transport, "glare");
    await heard.until("answered");
    leg.hold?.(true);
    expect(await heard.until("held")).toMatchObject({ by: "us", held: true });
    leg.bye();
    await satisfied(sipp);
  });

  it("does not respond at all, and is let go", async () => {
    const { leg, heard } = await call(transport, "no-response");
    await heard.until("dialing");
    leg.release();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(types(heard.signals)).toEqual(["dialing"]);
  });

  it("is not there", async () => {
    const title = calledCases["closed"] ?? "";
    matrixRow({ case: title, peer: "sipp", transport: upper(transport), role: "we call" });
    const port = await freePort();
    const carrier = createSipCarrier({
      trunk: { uri: `sip:127.0.0.1:${port}`, transport },
      mediaPlane: silentMediaPlane(),
    });
    const heard = recordLeg();
    closers.push(() => {
      endedBecause(heard.endReason());
      return carrier.close();
    });
    const startedMs = performance.now();
    const destination = carrier.parseDestination("+12025550100");
    carrier.placeCall({ callId: "closed", destination }, heard);
    expect(await heard.until("unanswered")).toMatchObject({ cause: "transport" });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

describe.each(["udp", "tcp"] as const)("sipp called over %s", (transport) => {
  it("answers from two forks, and the second is ended", async () => {
    const { sipp, leg, heard } = await call(transport, "forked-answers");
    await heard.until("answered");
    await new Promise((resolve) => setTimeout(resolve, 300));
    leg.bye();
    await satisfied(sipp);
    expect(types(heard.signals).filter((type) => type === "answered")).toHaveLength(1);
  });
});
