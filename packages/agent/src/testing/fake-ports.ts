import type { AudioFrame } from "@offhook/session";
import {
  type LanguageModel,
  languageModel,
  type ReplyPart,
  type ReplyRequest,
  type Transcriber,
  type Voice,
} from "../conversation/ports.js";

export interface HummingVoiceOptions {
  /** Length of the hum per character of text. Default 60: about as long as speech takes. */
  readonly msPerCharacter?: number;
  /** Pitch in Hz. Default 200. */
  readonly pitchHz?: number;
}

/** Hums for as long as the text would take to say. Instant, needs nothing installed. */
export function hummingVoice(options: HummingVoiceOptions = {}): Voice {
  const { msPerCharacter = 60, pitchHz = 200 } = options;
  return {
    async *speak(text, { sampleRate, signal }) {
      const samples = Math.round((text.length * msPerCharacter * sampleRate) / 1_000);
      const step = sampleRate / 50;
      for (let at = 0; at < samples && !signal.aborted; at += step)
        yield hum(at, Math.min(step, samples - at), sampleRate, pitchHz);
    },
  };
}

function hum(from: number, count: number, sampleRate: number, pitchHz: number): AudioFrame {
  const data = new Int16Array(count);
  for (let index = 0; index < count; index++)
    data[index] = 8_000 * Math.sin((2 * Math.PI * pitchHz * (from + index)) / sampleRate);
  return { data, sampleRate, channels: 1, samplesPerChannel: count };
}

export interface ScriptedTranscriberOptions {
  /** Quiet after which a phrase is over, in ms. Default 400. */
  readonly quietMs?: number;
  /** Tell that the turn is over with each phrase. Default true. */
  readonly endsTurns?: boolean;
}

/** Root mean square above which a frame counts as speech: −36 dBFS. */
const SPEECH_LEVEL = 500;
/** A click is not a phrase. */
const SHORTEST_PHRASE_MS = 100;

/**
 * Knows beforehand what the caller will say: hears where a phrase begins and ends by its loudness,
 * and gives one line per phrase. After the last line it hears nothing any more.
 */
export function scriptedTranscriber(
  lines: readonly string[],
  options: ScriptedTranscriberOptions = {},
): Transcriber {
  const { quietMs = 400, endsTurns = true } = options;
  return {
    open({ onTranscript }) {
      const left = [...lines];
      let spokenMs = 0;
      let silentMs = 0;
      return {
        push(frame) {
          const frameMs = (frame.samplesPerChannel * 1_000) / frame.sampleRate;
          if (level(frame.data) >= SPEECH_LEVEL) {
            spokenMs += frameMs;
            silentMs = 0;
            return;
          }
          silentMs += frameMs;
          if (silentMs < quietMs || spokenMs === 0) return;
          const isPhrase = spokenMs >= SHORTEST_PHRASE_MS;
          spokenMs = 0;
          const text = isPhrase ? left.shift() : undefined;
          if (text !== undefined) onTranscript({ text, final: true, endOfTurn: endsTurns });
        },
        close() {},
      };
    },
  };
}

function level(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}

/** Gives the answers in order, word by word at once; the last one again and again. */
export function scriptedModel(
  answers: readonly (string | readonly ReplyPart[])[],
  onRequest: (request: ReplyRequest) => void = () => {},
): LanguageModel {
  let given = 0;
  return languageModel(async function* (request) {
    onRequest(request);
    const answer = answers[Math.min(given++, answers.length - 1)] ?? "";
    if (typeof answer !== "string") yield* answer;
    else for (const word of answer.split(/(?<=\s)/)) yield word;
  });
}
