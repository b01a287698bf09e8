import { z } from "zod";
import { type Detector, type DetectorReport, defineDetector } from "../detector.js";
import { PHRASES, type PhraseRule } from "./transcript-phrases.js";

/** Turns what the callee says into text; yours. Bound to one call by `open`. */
export interface TranscriberPort {
  /**
   * Called once per call. Calls `onText` with each finished phrase, in any language, and stops at
   * `close`. What it says stays in the process: no transcript is put into a verdict.
   */
  open(
    call: { readonly callId: string },
    onText: (text: string) => void,
  ): { push(samples: Int16Array, sampleRate: number): void; close(): void };
}

/** Asks a model of yours what a transcript means; optional. */
export interface TranscriptModelPort {
  /** Resolves to a label with its probability, or undefined for no opinion. */
  judge(
    transcript: string,
    options: { readonly signal: AbortSignal },
  ): Promise<Pick<DetectorReport, "label" | "kind" | "confidence"> | undefined>;
}

export interface TranscriptOptions {
  readonly transcriber: TranscriberPort;
  readonly model?: TranscriptModelPort;
}

/** Longer transcripts are cut at the front: what picked up shows in the first sentences. */
const LONGEST_TRANSCRIPT = 2_000;

const hasMethod = (name: string) => (value: unknown) =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Record<string, unknown>)[name] === "function";

const fromTranscript = defineDetector({
  name: "transcript",
  options: z.strictObject({
    transcriber: z.custom<TranscriberPort>(hasMethod("open"), "must have an open() method"),
    model: z
      .custom<TranscriptModelPort>(hasMethod("judge"), "must have a judge() method")
      .optional(),
  }),
  create({ transcriber, model }, { report, call }) {
    const abort = new AbortController();
    let transcript = "";
    let strongest: PhraseRule | undefined;
    const onText = (text: string) => {
      if (abort.signal.aborted) return;
      transcript = `${transcript} ${normalise(text)}`.slice(-LONGEST_TRANSCRIPT);
      const found = PHRASES.filter(({ pattern }) => pattern.test(transcript)).sort(
        (a, b) => b.confidence - a.confidence,
      )[0];
      if (found && found.confidence > (strongest?.confidence ?? 0)) {
        strongest = found;
        report({
          label: found.label,
          ...(found.kind ? { kind: found.kind } : {}),
          confidence: found.confidence,
          provisional: found.confidence < 0.9,
          rule: `phrase-${found.name}`,
          // The words themselves are private; their number is not.
          inputs: { words: transcript.trim().split(/\s+/).length, language: found.language },
          thresholds: { finalAtLeast: 0.9 },
        });
      }
      if (!model) return;
      return model.judge(transcript.trim(), { signal: abort.signal }).then((opinion) => {
        if (!opinion || abort.signal.aborted || opinion.confidence < (strongest?.confidence ?? 0))
          return;
        report({ ...opinion, provisional: true, rule: "model", inputs: { ownModel: true } });
      });
    };
    const session = transcriber.open({ callId: call.callId }, (text) => {
      // A model that fails has no opinion; the phrases still count.
      onText(text)?.catch(() => undefined);
    });
    return {
      onFrame: (frame) => session.push(frame.data, frame.sampleRate),
      close() {
        abort.abort();
        session.close();
      },
    };
  },
});

/**
 * What picked up, by what was said: your transcriber feeds phrases of several languages, and a
 * model of yours may add its opinion. Off by default. Throws INVALID_OPTION without a transcriber.
 */
export function transcript(options: TranscriptOptions): Detector {
  return fromTranscript(options);
}

function normalise(text: string): string {
  return text
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[’']/g, "'")
    .replace(/[^\p{L}\p{N}' ]+/gu, " ");
}
