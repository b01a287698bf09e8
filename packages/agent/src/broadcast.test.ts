import { type CalleeScript, loadClip, simulateCarrier } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";
import { type BroadcastDefinition, defineBroadcast } from "./broadcast.js";
import { createCalls } from "./calls.js";

async function broadcastTo(callee: CalleeScript, more: Partial<BroadcastDefinition> = {}) {
  const carrier = simulateCarrier(callee);
  const agent = defineBroadcast({ name: "notice", message: loadClip("reminder"), ...more });
  const calls = createCalls({ carrier, agent });
  const call = calls.dial({ to: "+12025550100" });
  const { endReason, message } = await carrier.clock.runUntil(call.ended);
  const testPrompt = call.session.data.get("test_prompt");
  await calls.close();
  expect(carrier.clock.describeTimers()).toEqual([]);
  return { endReason, complete: message?.complete, playedMs: message?.playedMs ?? 0, testPrompt };
}

const machineMessage = loadClip("goodbye");
const testMessage = loadClip("conversation_question");
const says =
  (clip: Parameters<Parameters<CalleeScript>[0]["speak"]>[0]): CalleeScript =>
  (callee) =>
    callee.ring({ durationMs: 2_000 }).answer().speak(clip).stayOn();
/** Answers with a sound that is neither a person's hello nor a greeting. */
const murmurs: CalleeScript = (callee) => callee.answer().silence({ durationMs: 60_000 });

describe("a broadcast", () => {
  it("is heard to its end by a person", async () => {
    expect(await broadcastTo(says("hello"))).toMatchObject({
      endReason: "AGENT_HUNG_UP",
      complete: true,
    });
  });

  it("tells how much was heard by a person who hangs up", async () => {
    const told = await broadcastTo((callee) =>
      callee.answer().speak("hello").silence({ durationMs: 2_500 }).hangUp(),
    );
    expect(told).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL", complete: false });
    expect(told.playedMs).toBeGreaterThan(0);
  });

  it("leaves its other message on a machine, after the beep", async () => {
    const told = await broadcastTo(
      (callee) =>
        callee
          .answer()
          .speak("voicemail_greeting")
          .silence({ durationMs: 800 })
          .beep()
          .silence({ durationMs: 30_000 }),
      { machineMessage },
    );
    expect(told).toMatchObject({ endReason: "AGENT_HUNG_UP_VOICEMAIL_DETECTED", complete: true });
  });

  it("leaves it after a greeting without a beep, too", async () => {
    const told = await broadcastTo(says("voicemail_greeting"), { machineMessage });
    expect(told).toMatchObject({ endReason: "AGENT_HUNG_UP_VOICEMAIL_DETECTED", complete: true });
  });

  it("hangs up on a machine when there is nothing to leave", async () => {
    const told = await broadcastTo(says("voicemail_greeting"), { decideWithinMs: 20_000 });
    expect(told).toMatchObject({ endReason: "AGENT_HUNG_UP_VOICEMAIL_DETECTED" });
    expect(told.complete).toBeUndefined();
  });
});

describe("the key-press test", () => {
  it("takes a key for a person, who then hears the message", async () => {
    const told = await broadcastTo(
      (callee) =>
        callee
          .answer()
          .silence({ durationMs: 7_000 })
          .pressKeys("1")
          .silence({ durationMs: 60_000 }),
      { testMessage, machineMessage, decideWithinMs: 1_500 },
    );
    expect(told).toMatchObject({
      endReason: "AGENT_HUNG_UP",
      complete: true,
      testPrompt: "key_pressed",
    });
  });

  it("takes no key for a machine", async () => {
    const told = await broadcastTo(murmurs, { testMessage, machineMessage, decideWithinMs: 1_500 });
    expect(told).toMatchObject({ testPrompt: "no_key", complete: true });
  });

  it("says so when they hang up on it", async () => {
    const told = await broadcastTo(
      (callee) => callee.answer().silence({ durationMs: 2_500 }).hangUp(),
      { testMessage, machineMessage, decideWithinMs: 1_500 },
    );
    expect(told).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL", testPrompt: "hung_up" });
  });
});
