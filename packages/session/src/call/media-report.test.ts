import { describe, expect, it } from "vitest";
import { explainJournal } from "../journal/explain-journal.js";
import { recordJournal } from "../journal/record-journal.js";
import { replayJournal } from "../journal/replay-journal.js";
import type { MediaStats } from "../media/call-audio.js";
import type { CalleeScript } from "../testing/scenario.js";
import { type SimulatedCarrier, simulateCarrier } from "../testing/simulated-carrier.js";
import { CallSession } from "./call-session.js";
import { carrierProfileSchema, resolveLimits } from "./call-settings.js";
import { type CallFacts, openFacts } from "./facts.js";
import { mediaReportOf } from "./media-report.js";

const stats = {
  codec: "PCMU",
  packetsSent: 100,
  packetsReceived: 0,
  packetsLost: 0,
  packetsDropped: 0,
  jitterMs: 0,
};
const talked: CallFacts = { ...openFacts("outbound"), connectedAtMs: 1_000 };

async function run(
  callee: CalleeScript,
  prepare: (session: CallSession, carrier: SimulatedCarrier) => void = () => {},
) {
  const carrier = simulateCarrier(callee);
  const settings = {
    limits: resolveLimits(),
    profile: carrierProfileSchema.parse({}),
    hearsVoice: false,
  };
  const session = new CallSession("outbound", { callId: "call-1", carrier, settings });
  prepare(session, carrier);
  const lines: string[] = [];
  const written = recordJournal(session, { write: (line) => void lines.push(line) });
  session.dial({ destination: carrier.parseDestination("+12025550100") });
  const outcome = await carrier.clock.runUntil(session.ended);
  await written;
  return { outcome, lines };
}

describe("the outcome's media", () => {
  it("says what went over the wire, and survives the journal", async () => {
    const { outcome, lines } = await run((callee) =>
      callee.answer().silence({ durationMs: 2_000 }).hangUp(),
    );
    expect(outcome.media).toMatchObject({ codec: "PCMU", packetsReceived: expect.any(Number) });
    expect(outcome.media?.packetsReceived).toBeGreaterThan(50);
    expect(outcome.media).not.toHaveProperty("oneWay");
    expect(replayJournal(lines).outcome).toEqual(outcome);
    expect(explainJournal(lines)).toMatch(/Audio was PCMU: \d+ packets sent, \d+ received/);
  });

  it("is absent where nobody answered", async () => {
    const { outcome } = await run((callee) => callee.reject(486));
    expect(outcome).not.toHaveProperty("media");
  });

  it.each([
    ["a call that never was up", { ...talked, connectedAtMs: undefined }, {}],
    ["a call that heard something", { ...talked, firstAudioAtMs: 1_200 }, {}],
    ["a call that received packets", talked, { packetsReceived: 1 }],
    ["a call that said nothing", talked, { packetsSent: 0 }],
  ])("does not call %s one-way", (_what, facts, counted) => {
    const { connectedAtMs, ...rest } = facts;
    const known = connectedAtMs === undefined ? rest : { ...rest, connectedAtMs };
    expect(mediaReportOf({ ...stats, ...counted }, known)).not.toHaveProperty("oneWay");
  });

  it("names a call one-way that spoke and never heard a thing", () => {
    expect(mediaReportOf(stats, talked)).toEqual({ ...stats, oneWay: "nothing_received" });
  });

  it("names a call one-way that heard the far side, and by its reports was never heard", () => {
    const heard = { ...stats, packetsReceived: 90 };
    const oneWay = (delivery: MediaStats["delivery"], counted = heard) =>
      mediaReportOf({ ...counted, ...(delivery ? { delivery } : {}) }, talked)?.oneWay;
    expect(oneWay("never_arrived")).toBe("nothing_delivered");
    expect(oneWay("never_arrived", stats)).toBe("nothing_received");
    for (const delivery of ["stopped", "arrives", undefined] as const)
      expect(oneWay(delivery)).toBeUndefined();
  });

  it("is told as it happens when the far side cannot hear us, and stands in the journal", async () => {
    const said: string[] = [];
    const { lines } = await run(
      (callee) => callee.answer().silence({ durationMs: 2_000 }).hangUp(),
      (session, carrier) => {
        session.on("audio", ({ status }) => void said.push(status));
        const place = carrier.placeCall.bind(carrier);
        carrier.placeCall = (request, sink) => {
          for (const [atMs, type] of [
            [500, "audio_undelivered"],
            [900, "audio_delivered"],
          ] as const)
            carrier.clock.setTimeout(() => sink.onSignal({ type }), atMs);
          return place(request, sink);
        };
      },
    );
    expect(said).toEqual(["started", "undelivered", "delivered"]);
    const story = explainJournal(lines);
    expect(story).toContain("The far side reports that no audio of ours arrives.");
    expect(story).toContain("Our audio arrives at the far side again.");
  });

  it("leaves out what is no number", () => {
    expect(mediaReportOf({ ...stats, mos: Number.NaN }, talked)).not.toHaveProperty("mos");
    expect(mediaReportOf({ ...stats, packetsLost: Number.NaN }, talked)).toBeUndefined();
  });
});
