import type { CallSignal } from "@offhook/session/vocabulary";
import { describe, expect, it } from "vitest";
import { defaultDetectors } from "../default-detectors.js";
import { replayAudio } from "../replay/replay-audio.js";
import { join, mix, noise, silence, speech } from "../test-support/synthetic-speech.js";

const answered = (atMs: number): CallSignal => ({
  type: "answered",
  atMs,
  answer: { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false },
});
const bye = (atMs: number): CallSignal => ({
  type: "far_side_ended",
  request: "BYE",
  reason: { reasonHeaders: [] },
  atMs,
});

function hear(samples: Int16Array, extra: Partial<Parameters<typeof replayAudio>[0]> = {}) {
  return replayAudio({
    detectors: defaultDetectors(),
    samples,
    sampleRate: 8_000,
    signals: [answered(0)],
    ...extra,
  });
}

describe("what picked up, from the callee's first words", () => {
  it("takes a short hello and a pause for a person, however long the silence lasts", () => {
    const { verdicts, verdict } = hear(join(silence(400), speech(600), silence(20_000)));
    expect(verdicts[0]).toMatchObject({ label: "human", provisional: true });
    expect(verdicts[0]?.atMs).toBeLessThan(2_000);
    expect(verdict).toMatchObject({ label: "human", provisional: false });
  });

  it("takes a long greeting and silence for voicemail", () => {
    const said = join(silence(300), speech(5_000));
    expect(hear(join(said, silence(4_000))).verdict).toMatchObject({
      label: "voicemail",
      provisional: true,
    });
    const { verdict } = hear(join(said, silence(6_500)));
    expect(verdict).toMatchObject({ label: "voicemail", detector: "post-connect-voicemail" });
    expect(verdict?.evidence[0]?.inputs).toMatchObject({ silenceMs: 6_000 });
  });

  it("does so on a noisy line too", () => {
    const clean = join(silence(800), speech(5_000), silence(4_000));
    const { verdict } = hear(mix(clean, noise(clean.length / 8, -38)));
    expect(verdict?.label).toBe("voicemail");
  });

  it("forgives a greeting that hesitates after its first words", () => {
    const hesitant = join(silence(300), speech(700), silence(2_330), speech(4_000), silence(4_000));
    expect(hear(hesitant).verdict?.label).toBe("voicemail");
  });

  it("decides nothing final about somebody who never stops talking", () => {
    const { verdicts } = hear(join(silence(300), speech(20_000)));
    expect(
      verdicts.filter(({ label, provisional }) => label === "voicemail" && !provisional),
    ).toEqual([]);
  });

  it("knows a person by the turn taken, also when the leg ends soon after", () => {
    const { verdict } = hear(
      join(silence(300), speech(600), silence(3_100), speech(2_600), silence(500)),
      {
        agentSpeech: [{ fromMs: 1_600, untilMs: 3_700 }],
        signals: [answered(0), bye(7_100)],
      },
    );
    expect(verdict).toMatchObject({ label: "human", provisional: false });
  });

  it("does not mistake a person who listens to us for a machine", () => {
    const { verdicts } = hear(join(silence(300), speech(2_400), silence(6_000)), {
      agentSpeech: [{ fromMs: 3_600, untilMs: 9_000 }],
    });
    expect(verdicts.some(({ label, provisional }) => label === "voicemail" && !provisional)).toBe(
      false,
    );
  });

  it("takes a greeting and the end of the leg for voicemail, at once", () => {
    const { verdict } = hear(join(silence(300), speech(4_000), silence(200)), {
      signals: [answered(0), bye(4_600)],
    });
    expect(verdict).toMatchObject({ label: "voicemail", provisional: false });
    expect(verdict?.evidence[0]?.rule).toBe("greeting-then-leg-ended");
  });

  it("takes an answer and a BYE without audio for neither", () => {
    const { verdicts } = hear(silence(900), { signals: [answered(0), bye(900)] });
    expect(verdicts).toEqual([]);
  });

  it("never calls silence a machine", () => {
    const { verdicts } = hear(silence(30_000));
    expect(verdicts.map(({ label, kind, provisional }) => [label, kind, provisional])).toEqual([
      ["human", "assumed", true],
      ["silence", undefined, true],
    ]);
  });

  it("starts its clocks at answer: a greeting before it does not count", () => {
    const { verdicts } = hear(join(speech(5_000), silence(5_000)), {
      audioFromMs: 0,
      signals: [answered(5_200)],
      deadAir: false,
    });
    expect(verdicts.filter(({ phase }) => phase === "after_answer")).toEqual([]);
  });
});

describe("voicemail that never connected", () => {
  const ringing: CallSignal = {
    type: "provisional",
    atMs: 500,
    response: { status: 180, phrase: "Ringing", hasSdp: false },
  };
  const rejected = (atMs: number, status: number, q850?: number): CallSignal => ({
    type: "rejected",
    atMs,
    response: {
      status,
      phrase: "Temporarily Unavailable",
      reasonHeaders: [],
      ...(q850 === undefined ? {} : { q850 }),
    },
  });
  const label = (signals: readonly CallSignal[], profile = {}) =>
    hear(new Int16Array(0), { signals, profile }).verdict?.label;

  it("is a 480 after a ring as long as a forward takes", () => {
    expect(label([ringing, rejected(22_000, 480)])).toBe("voicemail");
    expect(label([ringing, rejected(22_000, 408)])).toBe("voicemail");
  });

  it("is not an instant 480, nor one after a ring of under three seconds", () => {
    expect(label([rejected(300, 480)])).toBeUndefined();
    expect(label([ringing, rejected(2_000, 480)])).toBeUndefined();
  });

  it("is not a 480 whose Q.850 cause says what it was", () => {
    for (const cause of [17, 18, 20, 27])
      expect(label([ringing, rejected(22_000, 480, cause)])).toBeUndefined();
    expect(label([ringing, rejected(22_000, 480, 31)])).toBe("voicemail");
  });

  it("is not another final response", () => {
    for (const status of [486, 404, 603, 487, 503])
      expect(label([ringing, rejected(22_000, status)])).toBeUndefined();
  });

  it("is a 480 of a call that was sent to voicemail, however short the ring", () => {
    const retarget = { diversion: [], historyInfo: ["<sip:vm@x>"], toVoicemail: true };
    const forwarded: CallSignal = {
      type: "provisional",
      atMs: 600,
      response: { status: 181, phrase: "Being Forwarded", hasSdp: false, retarget },
    };
    expect(label([forwarded, rejected(1_000, 480)])).toBe("voicemail");
  });

  it("follows the carrier profile's ring times", () => {
    const profile = { voicemailRing: { minMs: 10_000, maxMs: 20_000 } };
    expect(label([ringing, rejected(8_000, 480)], profile)).toBeUndefined();
    expect(label([ringing, rejected(12_000, 480)], profile)).toBe("voicemail");
    expect(label([ringing, rejected(30_000, 480)], profile)).toBeUndefined();
  });
});
