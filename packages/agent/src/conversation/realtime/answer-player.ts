import { type AudioFrame, audioFrames, type CallAudio, isOffhookError } from "@offhook/session";
import { PushQueue } from "../push-queue.js";

/** How much of one answer was heard. */
export interface PlayedAnswer {
  readonly id: string;
  readonly playedMs: number;
  /** What had come of it. */
  readonly totalMs: number;
  readonly interrupted: boolean;
}

interface Answer {
  readonly id: string;
  readonly frames: PushQueue<AudioFrame>;
  totalMs: number;
  stopped: boolean;
  writing: boolean;
  /** What was heard of it when it was stopped while it was being written. */
  cut: ReturnType<CallAudio["mark"]> | undefined;
}

/**
 * Plays answers that come faster than they are heard, one after the other, and knows of each how
 * much was really heard.
 */
export class AnswerPlayer {
  readonly #audio: CallAudio;
  readonly #onPlayed: (answer: PlayedAnswer) => void;
  readonly #answers = new Map<string, Answer>();
  readonly #over = new Set<string>();
  readonly #onFailure: (thrown: unknown) => void;
  #floor: Promise<void> = Promise.resolve();
  #closed = false;

  /** `onFailure` is told when what should be played is no audio. */
  constructor(
    audio: CallAudio,
    onPlayed: (answer: PlayedAnswer) => void,
    onFailure: (thrown: unknown) => void,
  ) {
    this.#audio = audio;
    this.#onPlayed = onPlayed;
    this.#onFailure = onFailure;
  }

  /** More of an answer. What comes of an interrupted one is dropped. */
  add(id: string, frame: AudioFrame): void {
    if (this.#closed || this.#over.has(id)) return;
    const answer = this.#answers.get(id) ?? this.#begin(id);
    if (answer.stopped) return;
    answer.totalMs += (frame.samplesPerChannel * 1_000) / frame.sampleRate;
    answer.frames.push(frame);
  }

  /** The answer is complete. */
  end(id: string): void {
    this.#answers.get(id)?.frames.close();
  }

  /** Silences the agent at once and drops what waits. Settles with what was heard, in ms. */
  async interrupt(): Promise<number> {
    if (this.#answers.size === 0) return 0;
    for (const answer of this.#answers.values()) {
      if (answer.stopped) continue;
      answer.stopped = true;
      answer.frames.close();
      if (answer.writing) answer.cut = this.#audio.mark();
    }
    const { playedMs } = await this.#audio.clear();
    return playedMs;
  }

  close(): void {
    this.#closed = true;
    void this.interrupt();
  }

  #begin(id: string): Answer {
    const answer: Answer = {
      id,
      frames: new PushQueue(),
      totalMs: 0,
      stopped: false,
      writing: false,
      cut: undefined,
    };
    // Whatever came before is complete, even if nobody said so.
    for (const before of this.#answers.values()) before.frames.close();
    this.#answers.set(id, answer);
    // The next one is written as soon as this one is: its tail is still being heard then.
    const written = this.#floor.then(() => this.#write(answer));
    this.#floor = written.then(() => {});
    void written
      .then(({ heard }) => heard)
      .then((played) => {
        this.#answers.delete(id);
        this.#over.add(id);
        this.#onPlayed({ id, totalMs: answer.totalMs, ...played });
      });
    return answer;
  }

  async #write(answer: Answer): Promise<{ readonly heard: ReturnType<CallAudio["mark"]> }> {
    if (answer.stopped) return { heard: Promise.resolve({ playedMs: 0, interrupted: true }) };
    answer.writing = true;
    try {
      for await (const frame of audioFrames(answer.frames, this.#audio.format.sampleRate)) {
        if (answer.stopped) break;
        await this.#audio.write(frame);
      }
    } catch (thrown) {
      answer.stopped = true;
      if (!isOffhookError(thrown, "CALL_ENDED")) this.#onFailure(thrown);
    }
    answer.writing = false;
    return { heard: answer.cut ?? this.#audio.mark() };
  }
}
