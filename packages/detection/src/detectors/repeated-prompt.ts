import { z } from "zod";
import { defineDetector } from "../detector.js";
import { type HeardTone, HOP_MS, type Utterance } from "../signal/heard-audio.js";
import { type Repetition, SpeechPrint } from "../signal/speech-print.js";
import { isOneVoice } from "./one-voice.js";

const ms = z.number().int().positive().max(600_000);

/** How far back repetitions are looked for. */
const REMEMBERED_HOPS = 60_000 / HOP_MS;
/** What is compared: the last 2.4 s, at least 0.9 s of it speech, with what lies half a second before. */
const WINDOW_HOPS = 2_400 / HOP_MS;
const GAP_HOPS = 500 / HOP_MS;
const LEAST_SPEECH_HOPS = 880 / HOP_MS;
/** How often, while somebody talks. */
const LOOK_EVERY_HOPS = 800 / HOP_MS;
/** Shorter pauses are inside a run of talk. */
const RUN_GAP_MS = 600;
/** A tone like a beep: whoever gave one is recording, and asks for no key. */
const BEEP_MS = { least: 170, most: 1_600 } as const;
/** A pause that much longer or shorter than `waitsMs` leaves no doubt. */
const CLEAR_MS = 700;
/** Found again at the same distance at the next look: a whole message, not digits of a number. */
const SAME_LAG_HOPS = 3;

/** So many pauses within the time remembered are not between prompts. */
const REMEMBERED_PAUSES = 24;

/** Pauses up to this are inside a prompt. */
const INSIDE_MS = 1_200;

interface Pause {
  readonly untilMs: number;
  readonly pauseMs: number;
  /** What was said before it. */
  readonly spokenMs: number;
}

/**
 * A machine that says the same again: a menu, when it waited for a key first; an announcement, when
 * it starts over at once or before answer. A menu also when it says something else at length after
 * such a wait, though with less confidence. Voicemail speaks once; no person says the same words
 * twice alike.
 */
export const repeatedPrompt = defineDetector({
  name: "repeated-prompt",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Share of the print's bits that may differ. Other words differ in 0.35 or more. */
    difference: z.number().min(0.05).max(0.4).default(0.27),
    /** Talk at least this long, without a long pause, before anything is compared. */
    talkMs: ms.default(1_800),
    /** A pause this long before the repetition is a wait for a key. */
    waitsMs: ms.default(2_300),
    /** A prompt of this length… */
    promptMs: ms.default(4_000),
    /** …then a pause of this length… */
    promptsAgainAfterMs: ms.default(2_700),
    /** …then talk of this length: a menu, though the words differ. */
    promptsAgainMs: ms.default(2_500),
  }),
  create(options, { report, call, audio }) {
    const print = new SpeechPrint(REMEMBERED_HOPS);
    const thresholds = { difference: options.difference, waitsMs: options.waitsMs };
    let hops = 0;
    let runFromMs = 0;
    let lastSpeechMs: number | undefined;
    let spokenMs = 0;
    let voiceFromMs = 0;
    let beeped = false;
    let agentSpoke = false;
    let said: string | undefined;
    let lastLagHops = Number.NEGATIVE_INFINITY;
    let pauses: readonly Pause[] = [];

    /** The longest pause since the words were said before: a menu pauses between its options, too. */
    const waitedMs = (sinceMs: number) =>
      pauses.reduce(
        (longestMs, { untilMs, pauseMs }) =>
          untilMs > sinceMs ? Math.max(longestMs, pauseMs) : longestMs,
        0,
      );

    const tell = ({ difference, lagHops, comparedHops }: Repetition, nowMs: number) => {
      const waited = waitedMs(nowMs - lagHops * HOP_MS);
      const goesOn = Math.abs(lagHops - lastLagHops) <= SAME_LAG_HOPS;
      lastLagHops = lagHops;
      const early = call.answeredAtMs === undefined;
      const waits = !early && waited >= options.waitsMs;
      const doubt = !goesOn || (!early && Math.abs(waited - options.waitsMs) < CLEAR_MS);
      const label = waits ? "ivr" : "announcement";
      const next = `same-${label}${doubt ? "-perhaps" : ""}`;
      // What was certain once is not put in doubt by a later look.
      if (said === next || said === `same-${label}`) return;
      said = next;
      report({
        label,
        kind: "repeated",
        confidence: !doubt ? 0.95 : waits || goesOn ? 0.85 : 0.7,
        provisional: doubt,
        rule: waits ? "same-words-after-waiting" : "same-words-at-once",
        inputs: {
          difference,
          comparedMs: comparedHops * HOP_MS,
          saidBeforeMs: lagHops * HOP_MS,
          pauseMs: Math.round(waited),
        },
        thresholds,
        runnerUp: { label: waits ? "announcement" : "ivr", margin: doubt ? 0.2 : 0.8 },
      });
    };

    /** The wait before what is being said now. */
    const lastWait = () => {
      const last = pauses.findLast(({ pauseMs }) => pauseMs > INSIDE_MS);
      return last && last.pauseMs >= options.promptsAgainAfterMs ? last : undefined;
    };

    const promptsAgain = (nowMs: number) => {
      if (said !== undefined || beeped || agentSpoke || call.answeredAtMs === undefined) return;
      const wait = lastWait();
      if (!wait || wait.spokenMs < options.promptMs) return;
      const talkedMs = spokenMs - wait.spokenMs + (audio.voiceActive ? nowMs - voiceFromMs : 0);
      if (talkedMs < options.promptsAgainMs || !isOneVoice(audio.talk)) return;
      said = "again";
      report({
        label: "ivr",
        confidence: 0.72,
        provisional: true,
        rule: "prompts-again-after-waiting",
        inputs: {
          promptMs: Math.round(wait.spokenMs),
          pauseMs: Math.round(wait.pauseMs),
          talkedMs: Math.round(talkedMs),
        },
        thresholds: {
          promptMs: options.promptMs,
          promptsAgainAfterMs: options.promptsAgainAfterMs,
          promptsAgainMs: options.promptsAgainMs,
        },
        runnerUp: { label: "voicemail", margin: 0.44 },
      });
    };

    const look = (nowMs: number) => {
      const found =
        nowMs - runFromMs < options.talkMs
          ? undefined
          : print.find(WINDOW_HOPS, GAP_HOPS, LEAST_SPEECH_HOPS);
      if (found && found.difference <= options.difference) tell(found, nowMs);
      else promptsAgain(nowMs);
    };

    audio.onHop((hop) => {
      print.push(hop);
      if (++hops % LOOK_EVERY_HOPS === 0 && audio.voiceActive) look(hop.atMs);
    });
    audio.onVoice((active, atMs) => {
      if (!active) return;
      voiceFromMs = atMs;
      const pauseMs = lastSpeechMs === undefined ? 0 : atMs - lastSpeechMs;
      if (lastSpeechMs !== undefined && pauseMs < RUN_GAP_MS) return;
      runFromMs = atMs;
      pauses = [...pauses.slice(1 - REMEMBERED_PAUSES), { untilMs: atMs, pauseMs, spokenMs }];
    });
    audio.onUtterance(({ startMs, endMs }: Utterance) => {
      lastSpeechMs = endMs;
      spokenMs += endMs - startMs;
      look(endMs);
    });
    audio.onTone((tone: HeardTone) => {
      const durationMs = tone.endMs - tone.startMs;
      if (spokenMs > 0 && durationMs >= BEEP_MS.least && durationMs <= BEEP_MS.most) beeped = true;
    });
    return {
      onAgentSpeech() {
        agentSpoke = true;
      },
      onSignal({ type }) {
        if (type !== "answered") return;
        // Another party speaks now, or the same one with another meaning.
        said = undefined;
        beeped = false;
        spokenMs = 0;
        lastLagHops = Number.NEGATIVE_INFINITY;
        lastSpeechMs = undefined;
        pauses = [];
        print.clear();
      },
    };
  },
});
