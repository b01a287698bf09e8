import type { Clock } from "@offhook/session/vocabulary";
import { z } from "zod";
import type { DetectorReport } from "../detector.js";
import { VERDICT_LABELS } from "../fusion.js";

export type TranscriptOpinion = Pick<DetectorReport, "label" | "kind" | "confidence">;

/** Asks a model of yours what a transcript means; optional. */
export interface TranscriptModelPort {
  /**
   * Resolves to a label with its probability, or undefined for no opinion. One that takes longer
   * than 8 s is aborted. Asked again only after it answered, with what was said meanwhile.
   */
  judge(
    transcript: string,
    options: { readonly signal: AbortSignal },
  ): Promise<TranscriptOpinion | undefined>;
}

/** Later than this an opinion is of no use. */
const WITHIN_MS = 8_000;

/** What a model may say; anything else is no opinion. */
const opinionSchema = z.object({
  label: z.enum(VERDICT_LABELS).exclude(["unknown"]),
  kind: z.string().max(60).optional(),
  confidence: z.number().min(0).max(1),
});

/** Asks one question at a time. A model that fails, hangs or answers nonsense has no opinion. */
export class TranscriptModel {
  private readonly model: TranscriptModelPort;
  private readonly clock: Clock;
  private readonly onOpinion: (opinion: TranscriptOpinion) => void;
  private asking: AbortController | undefined;
  private next: string | undefined;

  constructor(
    model: TranscriptModelPort,
    clock: Clock,
    onOpinion: (opinion: TranscriptOpinion) => void,
  ) {
    this.model = model;
    this.clock = clock;
    this.onOpinion = onOpinion;
  }

  ask(transcript: string): void {
    if (this.asking) this.next = transcript;
    else this.start(transcript);
  }

  /** Nothing that was asked before counts any more. */
  forget(): void {
    this.next = undefined;
    this.asking?.abort();
    this.asking = undefined;
  }

  private start(transcript: string): void {
    const asking = new AbortController();
    this.asking = asking;
    const timer = this.clock.setTimeout(() => {
      asking.abort();
      this.end(asking);
    }, WITHIN_MS);
    new Promise((resolve) => resolve(this.model.judge(transcript, { signal: asking.signal })))
      .then((answer) => {
        const { data } = opinionSchema.safeParse(answer);
        if (!data || asking.signal.aborted) return;
        const { label, kind, confidence } = data;
        this.onOpinion({ label, confidence, ...(kind === undefined ? {} : { kind }) });
      })
      .catch(() => undefined)
      .finally(() => {
        this.clock.clear(timer);
        this.end(asking);
      });
  }

  private end(asking: AbortController): void {
    if (this.asking !== asking) return;
    this.asking = undefined;
    const { next } = this;
    this.next = undefined;
    if (next !== undefined) this.start(next);
  }
}
