import { describe, expect, it } from "vitest";
import { CallSession } from "../call/call-session.js";
import { carrierProfileSchema, resolveLimits } from "../call/call-settings.js";
import type { CalleeScript } from "../testing/scenario.js";
import { simulateCarrier } from "../testing/simulated-carrier.js";
import { explainJournal } from "./explain-journal.js";
import { parseJournal } from "./parse-journal.js";
import { type RecordJournalOptions, recordJournal } from "./record-journal.js";
import { replayJournal } from "./replay-journal.js";

function record(callee: CalleeScript, options?: RecordJournalOptions) {
  const carrier = simulateCarrier(callee);
  const session = new CallSession("outbound", {
    callId: "call-1",
    carrier,
    settings: {
      limits: resolveLimits(),
      profile: carrierProfileSchema.parse({}),
      hearsVoice: false,
    },
  });
  const lines: string[] = [];
  const written = recordJournal(session, { write: (line) => void lines.push(line) }, options);
  const dial = () => session.dial({ destination: carrier.parseDestination("+12025550100") });
  return { carrier, session, lines, written, dial };
}

describe("a recorded call", () => {
  it("replays to the outcome it had, with every state in its journal", async () => {
    const { carrier, session, lines, written, dial } = record((callee) =>
      callee.ring({ durationMs: 20_000 }).reject(480),
    );
    dial();
    const outcome = await carrier.clock.runUntil(session.ended);
    await written;
    const replay = replayJournal(lines);
    expect(replay.outcome).toEqual(outcome);
    expect(replay.differences).toEqual([]);
    const states = replay.journal.entries.filter((entry) => entry.type === "state");
    expect(states.map(({ state, atMs }) => `${state}@${atMs}`)).toEqual([
      "pending@0",
      "dialing@0",
      "ringing@0",
      "not_connected@20000",
    ]);
    expect(replay.journal.entries.at(-1)).toMatchObject({
      type: "end",
      endReason: "VOICEMAIL_DETECTED_PRECONNECT",
    });
  });

  it("keeps how long hooks took, and what they broke after the end", async () => {
    const { carrier, session, lines, written, dial } = record((callee) => callee.reject(486));
    const { clock } = carrier;
    session.on(
      "call_end",
      () => new Promise<void>((resolve) => void clock.setTimeout(resolve, 300)),
    );
    session.on("call_end", () => {
      throw new Error("no such row");
    });
    dial();
    const outcome = await clock.runUntil(session.ended);
    await written;
    const replay = replayJournal(lines);
    expect(outcome.errors).toHaveLength(1);
    expect(replay.outcome).toEqual(outcome);
    const hooks = replay.journal.entries.filter((entry) => entry.type === "hook");
    expect(hooks.map(({ event, tookMs, result }) => [event, tookMs, result])).toEqual([
      ["call_end", 0, "threw"],
      ["call_end", 300, "settled"],
    ]);
  });

  it("does not keep what people said and pressed, unless asked to", async () => {
    for (const [privateFields, kept] of [["redact", false] as const, ["keep", true] as const]) {
      const { carrier, session, lines, dial } = record(
        (callee) => callee.answer().pressKeys("7").silence({ durationMs: 2_000 }).hangUp(),
        { privateFields },
      );
      session.on("active", () => session.noteUserTurn("my name is Ada"));
      dial();
      await carrier.clock.runUntil(session.ended);
      const text = lines.join("\n");
      expect(text.includes("my name is Ada")).toBe(kept);
      expect(text.includes('"digit":"7"')).toBe(kept);
      expect(text).not.toContain("2025550100");
    }
  });

  it("may have come in", async () => {
    const carrier = simulateCarrier((callee) => callee.ring());
    const settings = {
      limits: resolveLimits(),
      profile: carrierProfileSchema.parse({}),
      hearsVoice: false,
    };
    const session = new CallSession("inbound", { callId: "call-2", carrier, settings });
    const lines: string[] = [];
    const written = recordJournal(session, { write: (line) => void lines.push(line) });
    carrier.receiveCalls((offer) => session.receive(offer));
    const caller = carrier.callIn({
      from: "+12025550199",
      to: "+12025550100",
      caller: (one) => one.waitForAnswer({ giveUpAfterMs: 4_000 }).stayOn(),
    });
    await carrier.clock.runUntil(caller.ended);
    const outcome = await carrier.clock.runUntil(session.ended);
    await written;
    expect(replayJournal(lines).outcome).toEqual(outcome);
    expect(explainJournal(lines)).toContain("The far side sends CANCEL");
    expect(explainJournal(lines)).toContain("USER_HUNG_UP_RINGING");
  });

  it("has to be recorded from its start", async () => {
    const { carrier, session, dial } = record((callee) => callee.ring());
    dial();
    await carrier.clock.advanceBy(100);
    expect(() => recordJournal(session, { write() {} })).toThrow(/has begun/);
  });
});

describe("the story of a call", () => {
  it("is told in plain words, with a timeline, the grounds and what to do", async () => {
    const { carrier, session, lines, written, dial } = record((callee) =>
      callee.ring({ durationMs: 20_000 }).reject(480),
    );
    dial();
    await carrier.clock.runUntil(session.ended);
    await written;
    const story = explainJournal(lines);
    expect(story).toMatch(/^Outbound call call-1, created /);
    expect(story).toContain("     0.000 s  INVITE sent.\n");
    expect(story).toContain("     0.000 s  The far side says 180 Ringing.\n");
    expect(story).toContain("    20.000 s  Refused: 480 Temporarily Unavailable.\n");
    expect(story).toContain("    20.000 s  → not_connected\n");
    expect(story).toContain("VOICEMAIL_DETECTED_PRECONNECT (not_connected, ended by the carrier)");
    expect(story).toContain("Grounds: 480 Temporarily Unavailable after 20000 ms of ringing");
    expect(story).toContain("It rang 20.0 s; nobody talked.");
    expect(story).toContain("What to do: Try again at another time of day.");
  });

  it("that was cut off says so", async () => {
    const { carrier, session, lines, dial } = record((callee) => callee.ring());
    dial();
    await carrier.clock.advanceBy(1_000);
    const story = explainJournal([...lines, '{"type":"inp']);
    expect(story).toContain("The journal stops while the call was ringing.");
    expect(story).toContain("cut off");
    await carrier.clock.runUntil(session.end());
  });
});

describe("a journal that is not one", () => {
  const good = () => {
    const { lines, session } = record((callee) => callee.ring());
    void session.end();
    return lines;
  };
  const refused = (lines: readonly string[]) => () => parseJournal(lines);

  it("is refused with the line and the field that are wrong", () => {
    const [header = "", state = "", ...rest] = good();
    const bent = state.replace('"pending"', '"sleeping"');
    expect(refused([header, bent, ...rest])).toThrow(/Line 2 .* does not fit at state/);
    const deep =
      '{"type":"input","atMs":0,"at":"2026-01-02T03:04:05.000Z","input":{"type":"timer","timer":"tea","atMs":1}}';
    expect(refused([header, state, deep])).toThrow(/Line 3 .* at input\.timer/);
    expect(refused([header, "nonsense", ...rest])).toThrow(/Line 2 .* is not JSON/);
    expect(refused([header.replace('"version":1', '"version":9'), state])).toThrow(/version 9/);
    expect(refused([state])).toThrow(/before the header/);
    expect(refused([header, header])).toThrow(/second header/);
    expect(refused([])).toThrow(/empty/);
    expect(refused(["", "  "])).toThrow(/empty/);
  });

  it("keeps fields of a newer writer", () => {
    const [header = "", state = ""] = good();
    const newer = state.replace('"atMs":0', '"atMs":0,"mood":"fine"');
    expect(parseJournal([header, newer]).entries[0]).toMatchObject({ mood: "fine" });
  });
});
