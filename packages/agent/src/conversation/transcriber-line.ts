import type { AudioFrame, OffhookError } from "@offhook/session";
import { portFault } from "./port-fault.js";
import type { PortCall, Transcriber, TranscriberStream, Transcript } from "./ports.js";

export interface TranscriberLineListener {
  onTranscript(transcript: Transcript): void;
  /** It failed and was opened again. */
  onFault(fault: OffhookError): void;
  /** It failed as often in a row as it may. */
  onDead(fault: OffhookError): void;
}

/** Keeps a transcriber's stream open through failures. */
export class TranscriberLine {
  readonly #transcriber: Transcriber;
  readonly #call: PortCall;
  readonly #attempts: number;
  readonly #listener: TranscriberLineListener;
  #stream: TranscriberStream | undefined;
  #generation = 0;
  #failures = 0;
  #closed = false;

  constructor(
    transcriber: Transcriber,
    call: PortCall,
    attempts: number,
    listener: TranscriberLineListener,
  ) {
    this.#transcriber = transcriber;
    this.#call = call;
    this.#attempts = attempts;
    this.#listener = listener;
    // Later, so that a failure finds its owner complete.
    queueMicrotask(() => this.#open());
  }

  push(frame: AudioFrame): void {
    if (this.#closed) return;
    try {
      this.#stream?.push(frame);
    } catch (thrown) {
      this.#onFailure(thrown);
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop();
  }

  #open(): void {
    if (this.#closed) return;
    const generation = ++this.#generation;
    const isCurrent = () => !this.#closed && generation === this.#generation;
    try {
      const stream = this.#transcriber.open(
        {
          onTranscript: (transcript) => {
            if (!isCurrent()) return;
            this.#failures = 0;
            this.#listener.onTranscript(transcript);
          },
          onFailure: (error) => {
            if (isCurrent()) this.#onFailure(error);
          },
        },
        this.#call,
      );
      if (isCurrent()) this.#stream = stream;
      else stream.close();
    } catch (thrown) {
      if (isCurrent()) this.#onFailure(thrown);
    }
  }

  #onFailure(thrown: unknown): void {
    this.#generation++;
    this.#drop();
    const fault: OffhookError = portFault("transcriber", thrown);
    if (++this.#failures >= this.#attempts) {
      this.#closed = true;
      return this.#listener.onDead(fault);
    }
    this.#listener.onFault(fault);
    this.#open();
  }

  #drop(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    try {
      stream?.close();
    } catch {
      // It is being dropped because it is broken, or because the call is over.
    }
  }
}
