import { describe, expect, it } from "vitest";
import type { InboundLeg, LegSink } from "../carrier.js";
import { isOffhookError } from "../errors.js";
import { monoFrame, tone } from "../media/send/tones.js";
import type { HeardFrame, LegSignal } from "../vocabulary.js";
import { loadClip } from "./clips.js";
import type { Callee, CalleeScript } from "./scenario.js";
import { type SimulateCarrierOptions, simulateCarrier } from "./simulated-carrier.js";

/** Places one call and notes what its leg tells, with the time. */
function place(script: CalleeScript, options: SimulateCarrierOptions = {}) {
  const carrier = simulateCarrier(script, options);
  const { clock } = carrier;
  const told: { signal: LegSignal; atMs: number }[] = [];
  const waiting = new Set<{ type: LegSignal["type"]; resolve: () => void }>();
  const sink: LegSink = {
    onSignal(signal) {
      told.push({ signal, atMs: clock.nowMs() });
      for (const waiter of waiting) if (waiter.type === signal.type) waiter.resolve();
    },
  };
  const destination = carrier.parseDestination("+12025550100");
  const leg = carrier.placeCall({ callId: "call-1", destination }, sink);
  const until = (type: LegSignal["type"]) =>
    clock.runUntil(
      new Promise<void>((resolve) => {
        if (told.some(({ signal }) => signal.type === type)) resolve();
        else waiting.add({ type, resolve });
      }),
    );
  const types = () => told.map(({ signal, atMs }) => `${signal.type}@${atMs}`);
  const signalOf = (type: LegSignal["type"]) =>
    told.find(({ signal }) => signal.type === type)?.signal;
  return { carrier, clock, leg, told, until, types, signalOf };
}

const hello = loadClip("hello");
const helloMs = (hello.samplesPerChannel * 1_000) / 8_000;

describe("simulated carrier, a call we place", () => {
  it("rings, is answered, talks and is hung up on, each at its time", async () => {
    const { carrier, clock, until, types } = place((callee) =>
      callee
        .ring({ durationMs: 3_000 })
        .answer()
        .speak("hello")
        .silence({ durationMs: 1_000 })
        .hangUp(),
    );
    await until("far_side_ended");
    const endMs = 3_000 + Math.ceil((helloMs + 1_000) / 20) * 20;
    expect(types()).toEqual([
      "dialing@0",
      "provisional@0",
      "answered@3000",
      "audio_started@3020",
      `far_side_ended@${endMs}`,
    ]);
    expect(carrier.openLegs).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("rings 45 s without spending a tick", async () => {
    const { until, clock } = place((callee) => callee.ring({ durationMs: 45_000 }).reject(480));
    expect(clock.pendingTimers).toBe(1);
    await until("rejected");
    expect(clock.nowMs()).toBe(45_000);
  });

  it("lets us hear what the callee says, sample by sample", async () => {
    const { leg, until } = place((callee) => callee.answer().speak("hello").hangUp());
    const frames: HeardFrame[] = [];
    leg.media.onFrame((frame) => frames.push(frame));
    await until("far_side_ended");
    const heard = Int16Array.from(frames.flatMap(({ data }) => [...data]));
    expect(heard.subarray(0, hello.data.length)).toEqual(hello.data);
    expect(frames[0]).toMatchObject({ phase: "active", atMs: 20, samplesPerChannel: 160 });
  });

  it("carries early media, and tells the phases apart", async () => {
    const { leg, until, signalOf } = place((callee) =>
      callee
        .earlyMedia()
        .tone({ frequenciesHz: [440, 480], durationMs: 1_000 })
        .answer()
        .speak("hello")
        .hangUp(),
    );
    const phases: string[] = [];
    leg.media.onFrame(({ phase }) => phases.push(phase));
    await until("far_side_ended");
    expect(signalOf("provisional")).toMatchObject({ response: { status: 183, hasSdp: true } });
    expect(phases.filter((phase) => phase === "early")).toHaveLength(50);
    expect(phases.filter((phase) => phase === "active").length).toBeGreaterThan(20);
  });

  it("keeps what the callee heard from us, where it heard it", async () => {
    const { carrier, clock, leg, until } = place((callee) => callee.answer());
    await until("answered");
    await clock.advanceBy(500);
    const message = monoFrame(
      tone({ frequenciesHz: [600], durationMs: 200, sampleRate: 8_000 }),
      8_000,
    );
    void leg.media.write(message);
    const { playedMs, interrupted } = await clock.runUntil(leg.media.mark());
    await clock.runUntil(leg.media.sendDtmf("12#"));
    leg.bye();
    expect({ playedMs, interrupted }).toEqual({ playedMs: 200, interrupted: false });
    const heard = carrier.heard("call-1");
    expect(heard.stretches).toEqual([{ fromMs: 500, toMs: 700 }]);
    expect(heard.audio.samplesPerChannel).toBe(700 * 8);
    expect(heard.audio.data.slice(4_000)).toEqual(message.data);
    expect(heard.digits).toBe("12#");
    expect(carrier.heard("+12025550100")).toBe(heard);
    expect(() => carrier.heard("nobody")).toThrow(/No such call/);
    expect(clock.pendingTimers).toBe(0);
  });

  it("interrupts what is being played when the callee hangs up", async () => {
    const { clock, leg, until } = place((callee) =>
      callee.answer().silence({ durationMs: 100 }).hangUp(),
    );
    await until("answered");
    void leg.media.write(monoFrame(new Int16Array(8_000), 8_000));
    expect(await clock.runUntil(leg.media.mark())).toEqual({ playedMs: 100, interrupted: true });
    await expect(leg.media.write(hello)).rejects.toThrow(/over/);
  });

  it("tells the callee's keys as they are released, and lets it wait for ours", async () => {
    const { clock, leg, told, until } = place((callee) =>
      callee.answer().waitForDigits({ count: 2, timeoutMs: 60_000 }).pressKeys("5").hangUp(),
    );
    await until("answered");
    void leg.media.sendDtmf("42");
    await until("far_side_ended");
    expect(told.find(({ signal }) => signal.type === "dtmf")).toMatchObject({
      signal: { digit: "5", durationMs: 160, via: "rtp" },
      atMs: 400 + 160,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it("counts each of our keys for one wait only", async () => {
    const { clock, leg, until } = place((callee) =>
      callee
        .answer()
        .waitForDigits({ count: 1, timeoutMs: 1_000 })
        .waitForDigits({ count: 2, timeoutMs: 5_000 })
        .hangUp(),
    );
    await until("answered");
    void leg.media.sendDtmf("12");
    await until("far_side_ended");
    // The first key came at 160 ms; the second alone does not end the second wait.
    expect(clock.nowMs()).toBe(160 + 5_000);
  });

  it("hears us out before it replies", async () => {
    const { clock, leg, until } = place((callee) =>
      callee.answer().hearOut({ quietMs: 400 }).hangUp(),
    );
    await until("answered");
    await clock.advanceBy(2_000);
    void leg.media.write(hello);
    await until("far_side_ended");
    expect(clock.nowMs()).toBeGreaterThan(2_000 + helloMs + 300);
    expect(clock.nowMs()).toBeLessThan(2_000 + helloMs + 600);
  });

  it("loses the callee's audio and finds it again", async () => {
    const { leg, types, until } = place((callee) =>
      callee
        .answer()
        .silence({ durationMs: 100 })
        .mute({ durationMs: 20_000 })
        .silence({ durationMs: 100 })
        .hangUp(),
    );
    let frames = 0;
    leg.media.onFrame(() => void frames++);
    await until("far_side_ended");
    expect(frames).toBe(20_180 / 20);
    expect(types().slice(2)).toEqual([
      "audio_started@20",
      "audio_lost@15100",
      "audio_resumed@20120",
      "far_side_ended@20180",
    ]);
  });

  it("never tells audio_started when none is sent", async () => {
    const { clock, leg, types, until } = place((callee) => callee.answer().mute());
    await until("answered");
    leg.media.onFrame(() => expect.unreachable("nothing was sent"));
    await clock.advanceBy(60_000);
    expect(types()).toEqual(["dialing@0", "answered@0"]);
  });

  it("answers our CANCEL with 487, once a provisional has come", async () => {
    const { clock, leg, signalOf, until, types } = place((callee) => callee.trying().ring());
    await until("dialing");
    leg.cancel();
    await until("rejected");
    expect(types()).toEqual(["dialing@0", "provisional@0", "provisional@0", "rejected@0"]);
    expect(signalOf("rejected")).toMatchObject({
      response: { status: 487, phrase: "Request Terminated" },
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it("sends nothing when it is withdrawn at once", async () => {
    const { clock, leg, types, until } = place((callee) => callee.ring());
    leg.cancel();
    await until("unanswered");
    expect(types()).toEqual(["unanswered@0"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("crosses a 200 with our CANCEL when both are on their way", async () => {
    const { carrier, clock, leg, signalOf, until } = place(
      (callee) => callee.ring({ durationMs: 1_000 }).answer(),
      { delayMs: 50 },
    );
    await clock.advanceBy(1_075);
    leg.cancel();
    await until("answered");
    expect(signalOf("answered")).toMatchObject({ answer: { crossedCancel: true } });
    expect(carrier.openLegs).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("gives up as Timer B does when nobody responds, and holds CANCEL back until then", async () => {
    const { clock, leg, signalOf, types, until } = place((callee) => callee.ignore());
    await clock.advanceBy(10);
    leg.cancel();
    await until("unanswered");
    expect(types()).toEqual(["dialing@0", "unanswered@32000"]);
    expect(signalOf("unanswered")).toMatchObject({ cause: "timeout" });
  });

  it("keeps the reason, the phrase and the retargeting of a final response", async () => {
    const { signalOf, until } = place((callee) =>
      callee
        .ring({ durationMs: 10, headers: { Diversion: "<sip:vm@example.net>;reason=no-answer" } })
        .reject(480, {
          phrase: "Not Here",
          reason: { protocol: "Q.850", cause: 20, text: "Subscriber absent" },
          headers: { "Retry-After": "30" },
        }),
    );
    await until("rejected");
    expect(signalOf("provisional")).toMatchObject({
      response: { retarget: { toVoicemail: true } },
    });
    expect(signalOf("rejected")).toMatchObject({
      response: {
        status: 480,
        phrase: "Not Here",
        q850: 20,
        q850Text: "Subscriber absent",
        retryAfter: 30,
        reasonHeaders: ['Q.850;cause=20;text="Subscriber absent"'],
      },
    });
  });

  it.each([
    ["right", { username: "demo", password: "secret" }, false, "answered"],
    ["wrong", { username: "demo", password: "guess" }, false, "rejected"],
    ["absent", undefined, false, "rejected"],
    ["right but refused", { username: "demo", password: "secret" }, true, "rejected"],
  ] as const)("meets a challenge whose answer is %s", async (_, credentials, refuse, expected) => {
    const { signalOf, until } = place(
      (callee) => callee.challenge({ username: "demo", password: "secret", refuse }).answer(),
      credentials ? { credentials } : {},
    );
    await until(expected);
    if (expected === "rejected")
      expect(signalOf("rejected")).toMatchObject({ response: { status: 407 } });
  });

  it("tells nothing after release, whenever that is", async () => {
    for (const atMs of [0, 500, 1_000, 1_500]) {
      const { carrier, clock, leg, told } = place((callee) =>
        callee.ring({ durationMs: 1_000 }).answer().talkOn(),
      );
      await clock.advanceBy(atMs);
      leg.release();
      const before = told.length;
      await clock.advanceBy(60_000);
      expect(told.length).toBe(before);
      expect(carrier.openLegs).toBe(0);
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it("gives each number its own callee, and 404 to the rest", async () => {
    const carrier = simulateCarrier({
      "+12025550100": (callee) => callee.reject(486),
      echo: (callee) => callee.reject(600),
    });
    const statusOf = (to: string) =>
      carrier.clock.runUntil(
        new Promise<number>((resolve) => {
          carrier.placeCall(
            { callId: to, destination: carrier.parseDestination(to) },
            {
              onSignal(signal) {
                if (signal.type === "rejected") resolve(signal.response.status);
              },
            },
          );
        }),
      );
    expect(await statusOf("+12025550100")).toBe(486);
    expect(await statusOf("+1 202-555-0100")).toBe(486);
    expect(await statusOf("echo")).toBe(600);
    expect(await statusOf("+12025550199")).toBe(404);
  });

  it("speaks other sample rates", async () => {
    const { carrier, clock, leg, until } = place((callee) => callee.answer().speak("hello"), {
      sampleRate: 24_000,
    });
    let samples = 0;
    leg.media.onFrame((frame) => {
      expect(frame.sampleRate).toBe(24_000);
      samples += frame.data.length;
    });
    await until("answered");
    const data = tone({ frequenciesHz: [600], durationMs: 200, sampleRate: 24_000 });
    void leg.media.write(monoFrame(data, 24_000));
    await clock.advanceBy(1_000);
    expect(samples).toBe(24_000);
    expect(carrier.heard().audio.sampleRate).toBe(8_000);
    expect(Math.abs(carrier.heard().audibleMs - 200)).toBeLessThanOrEqual(20);
  });

  it("refuses what is no destination, and calls after close", async () => {
    const carrier = simulateCarrier((callee: Callee) => callee.ignore());
    for (const wrong of ["+1202", "not a number", "", "sip:"]) {
      try {
        carrier.parseDestination(wrong);
        expect.unreachable(wrong);
      } catch (thrown) {
        expect(isOffhookError(thrown, "INVALID_DESTINATION")).toBe(true);
      }
    }
    const destination = carrier.parseDestination("sip:bob@example.net");
    expect(destination.kind).toBe("sip");
    await carrier.close();
    expect(() => carrier.placeCall({ callId: "x", destination }, { onSignal() {} })).toThrow(
      /closed/,
    );
  });
});

describe("simulated carrier, a call to us", () => {
  const from = "+12025550142";
  const to = "+12025550111";

  it("is offered with its X- headers, answered, and hung up by the caller", async () => {
    const carrier = simulateCarrier((callee) => callee.ignore());
    const told: string[] = [];
    let leg: InboundLeg | undefined;
    carrier.receiveCalls((offer) => {
      expect(offer).toMatchObject({ from, to, headers: { "x-campaign": "spring" } });
      leg = offer.accept({ onSignal: ({ type }) => void told.push(type) });
      leg.ring();
      carrier.clock.setTimeout(() => leg?.answer(), 1_000);
    });
    const call = carrier.callIn({
      from,
      to,
      headers: { "X-Campaign": "spring", "User-Agent": "t" },
      caller: (caller) => caller.speak("conversation_question").hangUp(),
    });
    expect(await carrier.clock.runUntil(call.ended)).toMatchObject({
      status: 200,
      endedBy: "caller",
      provisional: [180],
    });
    expect(told).toEqual(["answered", "audio_started", "far_side_ended"]);
    expect(carrier.clock.pendingTimers).toBe(0);
  });

  it("is withdrawn by a caller who gives up", async () => {
    const carrier = simulateCarrier((callee) => callee.ignore());
    const told: LegSignal[] = [];
    carrier.receiveCalls((offer) => void offer.accept({ onSignal: (signal) => told.push(signal) }));
    const call = carrier.callIn({
      from,
      to,
      caller: (caller) => caller.waitForAnswer({ giveUpAfterMs: 5_000 }),
    });
    expect(await carrier.clock.runUntil(call.ended)).toMatchObject({
      status: 487,
      endedBy: "caller",
    });
    expect(told).toMatchObject([{ type: "far_side_ended", request: "CANCEL" }]);
    expect(carrier.clock.nowMs()).toBe(5_000);
    expect(carrier.clock.pendingTimers).toBe(0);
  });

  it("gets our refusal, our redirect, and 480 when nobody receives", async () => {
    const carrier = simulateCarrier((callee) => callee.ignore());
    const outcome = () =>
      carrier.clock.runUntil(
        carrier.callIn({ from, to, caller: (caller) => caller.stayOn() }).ended,
      );
    expect(await outcome()).toMatchObject({ status: 480 });
    const stop = carrier.receiveCalls((offer) => offer.refuse(486));
    expect(await outcome()).toMatchObject({ status: 486, endedBy: "us" });
    stop();
    carrier.receiveCalls((offer) =>
      offer.accept({ onSignal() {} }).reject(302, { contacts: ["sip:other@example.net"] }),
    );
    expect(await outcome()).toMatchObject({ status: 302, contacts: ["sip:other@example.net"] });
    expect(carrier.openLegs).toBe(0);
  });
});
