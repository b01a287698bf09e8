import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { type Detector, defineDetector } from "../detector.js";
import { DetectionError } from "../errors.js";
import { TranscriptModel, type TranscriptModelPort } from "./transcript-model.js";
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
  create({ transcriber, model }, { report, call, clock }) {
    let transcript = "";
    let strongest: PhraseRule | undefined;
    let closed = false;
    let defect: DetectionError | undefined;
    const opinions =
      model &&
      new TranscriptModel(model, clock, (opinion) => {
        if (opinion.confidence < (strongest?.confidence ?? 0)) return;
        report({ ...opinion, provisional: true, rule: "model", inputs: { ownModel: true } });
      });

    const hear = (text: string) => {
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
      opinions?.ask(transcript.trim());
    };

    const session: unknown = transcriber.open({ callId: call.callId }, (text: unknown) => {
      if (closed || defect) return;
      if (typeof text === "string") hear(text.slice(-LONGEST_TRANSCRIPT));
      // Not thrown from here, into the transcriber: the next frame tells it.
      else defect = defective(`gave ${text === null ? "null" : typeof text} for text`);
    });
    if (!isTranscription(session)) {
      if (isClosable(session)) session.close();
      throw defective("opened without push() and close()");
    }
    return {
      onSignal(signal: CallSignal) {
        if (signal.type !== "answered") return;
        // What the network said before is not who picked up.
        transcript = "";
        strongest = undefined;
        opinions?.forget();
      },
      onFrame(frame) {
        if (defect) throw defect;
        return session.push(frame.data, frame.sampleRate);
      },
      close() {
        closed = true;
        opinions?.forget();
        session.close();
      },
    };
  },
});

type Transcription = ReturnType<TranscriberPort["open"]>;

function isTranscription(session: unknown): session is Transcription {
  return hasMethod("push")(session) && isClosable(session);
}

function isClosable(session: unknown): session is Pick<Transcription, "close"> {
  return hasMethod("close")(session);
}

function defective(what: string): DetectionError {
  return new DetectionError("DETECTOR_FAILED", `the transcriber ${what}`, {
    remedy: "Call onText with a string for each phrase, and return { push, close } from open().",
  });
}

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
