import type { VerdictLabel } from "../vocabulary.js";
import type { AnsweredNumber } from "./numbers.js";
import type { Callee } from "./scenario.js";

/** One number whose callee sounds like something that a detector has to tell apart. */
export interface LabelRow extends AnsweredNumber {
  readonly label: VerdictLabel;
  /** Where the label alone does not tell it from its neighbours. */
  readonly kind?: string;
}

const RING = { durationMs: 1_000 };
/** People and machines need a moment after they pick up. */
const MOMENT = { durationMs: 300 };
/** So do networks, before their tones: nothing of those is lost while audio settles. */
const CONNECTING = { durationMs: 1_500 };

/** US busy and reorder tone (ITU-T E.180): both frequencies together. */
const BUSY_HZ = [480, 620] as const;
/** The three tones of a special information tone, Hz and ms (ITU-T E.180 with Bellcore's coding). */
const SIT = {
  intercept: [
    [913.8, 274],
    [1_370.6, 274],
    [1_776.7, 380],
  ],
  vacant: [
    [985.2, 380],
    [1_370.6, 274],
    [1_776.7, 380],
  ],
  noCircuit: [
    [985.2, 380],
    [1_428.5, 380],
    [1_776.7, 380],
  ],
} as const;

/** Four chords of a tune, Hz. */
const TUNE = [
  [262, 330, 392],
  [220, 262, 330],
  [175, 220, 262],
  [196, 247, 294],
] as const;

/** What the detectors are for, a number each; for `startLoopbackCarrier` and `simulateCarrier`. */
export const LABEL_NUMBERS: readonly LabelRow[] = [
  {
    number: "+12025550120",
    callee: "a greeting, then a beep",
    label: "beep",
    script: (callee) =>
      picksUp(callee)
        .speak("voicemail_greeting")
        .silence({ durationMs: 700 })
        .beep({ frequencyHz: 1_000, durationMs: 400 })
        .stayOn(),
  },
  {
    number: "+12025550121",
    callee: "a greeting that begins like a person",
    label: "voicemail",
    script: (callee) => picksUp(callee).speak("hesitant_greeting").stayOn(),
  },
  {
    number: "+12025550122",
    callee: "a menu",
    label: "ivr",
    script: (callee) =>
      picksUp(callee)
        .speak("ivr_menu")
        .waitForDigits({ timeoutMs: 3_500 })
        .speak("ivr_menu")
        .stayOn(),
  },
  {
    number: "+12025550123",
    callee: "a screening assistant",
    label: "screening",
    script: (callee) => callee.answer().silence(MOMENT).speak("screening").stayOn(),
  },
  {
    number: "+12025550124",
    callee: "SIT intercept, number changed, before answer",
    label: "announcement",
    kind: "sit_intercept",
    expected: "NUMBER_CHANGED",
    script: (callee) =>
      announces(callee, SIT.intercept).speak("announcement_number_changed").reject(410),
  },
  {
    number: "+12025550125",
    callee: "SIT vacant code, not in service, before answer",
    label: "announcement",
    kind: "sit_vacant",
    expected: "SIP_FAILED_WRONG_NUMBER",
    script: (callee) =>
      announces(callee, SIT.vacant).speak("announcement_not_in_service").reject(404),
  },
  {
    number: "+12025550126",
    callee: "SIT no circuit, before answer",
    label: "announcement",
    kind: "sit_no_circuit",
    expected: "SIP_FAILED_PROVIDER_UNAVAILABLE",
    script: (callee) => announces(callee, SIT.noCircuit).silence({ durationMs: 1_000 }).reject(503),
  },
  {
    number: "+12025550127",
    callee: "busy tone in early media",
    label: "busy",
    expected: "USER_BUSY",
    script: (callee) => {
      let busy = callee.earlyMedia().silence(CONNECTING);
      for (let cycle = 0; cycle < 6; cycle++)
        busy = busy.tone({ frequenciesHz: BUSY_HZ, durationMs: 500 }).silence({ durationMs: 500 });
      return busy.reject(486);
    },
  },
  {
    number: "+12025550128",
    callee: "a fax machine",
    label: "fax",
    script: (callee) =>
      picksUp(callee)
        .tone({ frequenciesHz: [2_100], durationMs: 3_000, levelDb: -12 })
        .stayOn(),
  },
  {
    number: "+12025550129",
    callee: "music on hold",
    label: "music",
    script: (callee) => {
      let music = picksUp(callee);
      for (let verse = 0; verse < 7; verse++)
        for (const frequenciesHz of TUNE)
          music = music.tone({ frequenciesHz, durationMs: 500, levelDb: -22 });
      return music.stayOn();
    },
  },
  {
    number: "+12025550130",
    callee: "answers and says nothing",
    label: "silence",
    script: (callee) => picksUp(callee).stayOn(),
  },
  {
    number: "+12025550131",
    callee: "a greeting in 183, never answered",
    label: "voicemail",
    expected: "VOICEMAIL_DETECTED_PRECONNECT",
    script: (callee) =>
      callee
        .ring(RING)
        .earlyMedia()
        .speak("voicemail_greeting")
        .silence({ durationMs: 3_000 })
        .reject(480),
  },
  {
    number: "+12025550132",
    callee: "a business that wonders who is there",
    label: "human",
    script: (callee) =>
      picksUp(callee)
        .speak("business_greeting")
        .silence({ durationMs: 2_000 })
        .speak("hello")
        .stayOn(),
  },
];

function picksUp(callee: Callee): Callee {
  return callee.ring(RING).answer().silence(MOMENT);
}

function announces(callee: Callee, tones: readonly (readonly [number, number])[]): Callee {
  let early = callee.earlyMedia().silence(CONNECTING);
  for (const [frequencyHz, durationMs] of tones)
    early = early.tone({ frequenciesHz: [frequencyHz], durationMs, levelDb: -18 });
  return early.silence({ durationMs: 400 });
}
