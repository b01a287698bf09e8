import {
  type AudioFrame,
  audioFrames,
  type CallSession,
  isOffhookError,
  OffhookError,
} from "@offhook/session";
import { patiently } from "./patience.js";
import { portFault } from "./port-fault.js";
import type { Voice } from "./ports.js";
import { SentenceCutter } from "./sentences.js";

export interface SpeakerLimits {
  /** The voice's first audio for a sentence may take this long, in ms. */
  readonly voiceStallMs: number;
  /** Later than this is told as a VOICE_LATE fault. */
  readonly voiceLateMs: number;
  /** How often a sentence is tried. */
  readonly attempts: number;
}

export const SPEAKER_LIMITS: SpeakerLimits = {
  voiceStallMs: 5_000,
  voiceLateMs: 1_000,
  attempts: 2,
};

export interface UtteranceOptions {
  readonly voice: Voice;
  /** False: barge-in leaves it alone. Default true. */
  readonly interruptible?: boolean;
  /** Stops it at once when it aborts. */
  readonly signal?: AbortSignal;
}

export interface Spoken {
  /** How much was really sent to the far side, in ms. */
  readonly playedMs: number;
  /** The text that was heard, to the word as far as can be told. Private data. */
  readonly heard: string;
  /** Everything was heard. */
  readonly complete: boolean;
  /** The voice failed on it, as often as it was tried. */
  readonly failure?: OffhookError;
}

interface Utterance {
  readonly options: UtteranceOptions;
  readonly stop: AbortController;
  interruptible: boolean;
  spoken: Promise<Spoken> | undefined;
  /** What was heard of the sentence that was being written when the utterance was stopped. */
  cut: Promise<{ readonly playedMs: number; readonly interrupted: boolean }> | undefined;
}

/** Speaks one text after the other into a call, each as it is being made. */
export class Speaker {
  readonly #call: CallSession;
  readonly #limits: SpeakerLimits;
  readonly #utterances = new Set<Utterance>();
  /** Settles when the one before is written: its tail is still heard while the next is made. */
  #floor: Promise<unknown> = Promise.resolve();

  constructor(call: CallSession, limits: SpeakerLimits = SPEAKER_LIMITS) {
    this.#call = call;
    this.#limits = limits;
    call.on("call_end", () => void this.interrupt());
  }

  /** Something is being said, or waits for its turn. */
  get busy(): boolean {
    return this.#utterances.size > 0;
  }

  /** What is being said may be interrupted. */
  get interruptible(): boolean {
    return [...this.#utterances].every((utterance) => utterance.interruptible);
  }

  /**
   * Says text after all that was given before. Settles when it was heard or cut short; rejects only
   * as the text's own source does.
   */
  say(text: string | AsyncIterable<string>, options: UtteranceOptions): Promise<Spoken> {
    const interruptible = options.interruptible ?? true;
    const stop = new AbortController();
    const utterance: Utterance = {
      options,
      stop,
      interruptible,
      spoken: undefined,
      cut: undefined,
    };
    const { signal } = options;
    const onAbort = () => stop.abort();
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) stop.abort();
    this.#utterances.add(utterance);
    const written = this.#floor.then(() =>
      this.#write(typeof text === "string" ? [text] : text, utterance),
    );
    this.#floor = written.catch(() => {});
    utterance.spoken = written
      .then(({ pieces, failure }) => sumUp(pieces, stop.signal, failure))
      .finally(() => {
        signal?.removeEventListener("abort", onAbort);
        this.#utterances.delete(utterance);
      });
    return utterance.spoken;
  }

  /** What is being said, and what waits, can no longer be interrupted. */
  protect(): void {
    for (const utterance of this.#utterances) utterance.interruptible = false;
  }

  /** Silences the agent at once, and drops what waits to be said. Settles with what was heard, in ms. */
  async interrupt(): Promise<number> {
    const said = [...this.#utterances].map(({ spoken }) => spoken);
    for (const { stop } of this.#utterances) stop.abort();
    const heard = await Promise.allSettled(said);
    return heard.reduce(
      (sum, result) => sum + (result.status === "fulfilled" ? (result.value?.playedMs ?? 0) : 0),
      0,
    );
  }

  async #write(
    text: Iterable<string> | AsyncIterable<string>,
    utterance: Utterance,
  ): Promise<Written> {
    const pieces: Promise<Piece>[] = [];
    const { signal } = utterance.stop;
    const media = this.#call.media;
    if (!media || signal.aborted) return { pieces };
    const silence = () => {
      utterance.cut = media.mark();
      void media.clear();
    };
    signal.addEventListener("abort", silence, { once: true });
    for await (const sentence of sentencesOf(text, signal)) {
      const { heard, failure } = await this.#writeSentence(sentence, utterance);
      pieces.push(heard);
      if (failure) return { pieces, failure };
      if (signal.aborted) break;
    }
    return { pieces };
  }

  /** Writes one sentence; the voice is asked again if it fails before a sound came of it. */
  async #writeSentence(
    text: string,
    utterance: Utterance,
  ): Promise<{ readonly heard: Promise<Piece>; readonly failure?: OffhookError }> {
    const { signal } = utterance.stop;
    for (let attempt = 1; ; attempt++) {
      let writtenMs = 0;
      try {
        for await (const frame of this.#audio(text, utterance.options.voice, signal)) {
          if (signal.aborted) break;
          writtenMs += (frame.samplesPerChannel * 1_000) / frame.sampleRate;
          await this.#call.media?.write(frame);
        }
        return { heard: this.#heard(text, writtenMs, utterance) };
      } catch (thrown) {
        if (isOffhookError(thrown, "CALL_ENDED") || signal.aborted)
          return { heard: this.#heard(text, writtenMs, utterance) };
        const failure = portFault("voice", thrown);
        this.#call.noteFault({ code: failure.code, message: failure.message, where: "voice" });
        if (writtenMs === 0 && attempt < this.#limits.attempts) continue;
        return { heard: this.#heard(text, writtenMs, utterance), failure };
      }
    }
  }

  async *#audio(text: string, voice: Voice, signal: AbortSignal): AsyncGenerator<AudioFrame> {
    const { clock } = this.#call;
    const { voiceStallMs, voiceLateMs } = this.#limits;
    const sampleRate = this.#call.media?.format.sampleRate ?? 8_000;
    const made = patiently(voice.speak(text, { sampleRate, clock, signal }), {
      clock,
      signal,
      firstMs: voiceStallMs,
      nextMs: voiceStallMs,
      late: {
        afterMs: voiceLateMs,
        report: (tookMs) => {
          const message = `The voice gave its first audio after ${Math.round(tookMs)} ms.`;
          this.#call.noteFault({ code: "VOICE_LATE", message, where: "voice" });
        },
      },
      stalled: (waitedMs) =>
        new OffhookError("VOICE_STALLED", `The voice gave no audio for ${waitedMs} ms.`),
    });
    yield* audioFrames(made, sampleRate);
  }

  async #heard(text: string, totalMs: number, { cut }: Utterance): Promise<Piece> {
    const played = await (cut ?? this.#call.media?.mark());
    const playedMs = Math.min(totalMs, played?.playedMs ?? 0);
    return { text, totalMs, playedMs, complete: played?.interrupted === false };
  }
}

interface Piece {
  readonly text: string;
  readonly totalMs: number;
  readonly playedMs: number;
  readonly complete: boolean;
}

interface Written {
  readonly pieces: readonly Promise<Piece>[];
  readonly failure?: OffhookError;
}

async function sumUp(
  heard: readonly Promise<Piece>[],
  stopped: AbortSignal,
  failure: OffhookError | undefined,
): Promise<Spoken> {
  const pieces = await Promise.all(heard);
  const playedMs = pieces.reduce((sum, piece) => sum + piece.playedMs, 0);
  const finished = !stopped.aborted && failure === undefined;
  return {
    playedMs: Math.round(playedMs),
    heard: pieces.map(heardText).filter(Boolean).join(" "),
    complete: finished && pieces.every((piece) => piece.complete),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** The words that fit into what was played, taken as spread evenly over the sentence. */
function heardText({ text, totalMs, playedMs, complete }: Piece): string {
  if (complete) return text;
  const words = text.split(/\s+/);
  const share = totalMs === 0 ? 0 : playedMs / totalMs;
  return words.slice(0, Math.floor(words.length * share)).join(" ");
}

async function* sentencesOf(
  text: Iterable<string> | AsyncIterable<string>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const cutter = new SentenceCutter();
  const iterator =
    Symbol.asyncIterator in text ? text[Symbol.asyncIterator]() : text[Symbol.iterator]();
  let onAbort = () => {};
  const aborted = new Promise<"aborted">((resolve) => {
    onAbort = () => resolve("aborted");
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === "aborted") return;
      yield* next.done ? cutter.end() : cutter.add(next.value);
      if (next.done) return;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
