import type { Clock, TimerHandle } from "../clock.js";
import type { CallSampleRate } from "../media/call-audio.js";
import type { MediaSignal } from "../media/media-plane.js";
import type { HeardFrame } from "../vocabulary.js";
import { type LineEvents, SimulatedLineEnd } from "./simulated-line-end.js";

export interface SimulatedLineOptions {
  readonly clock: Clock;
  /** What our end reads and writes; the far end is a telephone, with 8 kHz. */
  readonly sampleRate: CallSampleRate;
  readonly rtpLostMs: number;
  readonly onSignal: (signal: MediaSignal) => void;
  /** What the far end hears from us. */
  readonly onHeard: (atMs: number, data: Int16Array) => void;
  readonly onDigit: (digit: string, atMs: number) => void;
  readonly onListenerError: (thrown: unknown) => void;
}

const PACKET_MS = 20;
const TELEPHONE_RATE = 8_000;

/**
 * The two ends of one call's audio in memory and in the clock's time: a packet each way every 20 ms
 * while somebody listens or talks. While nobody does, no time is spent.
 */
export class SimulatedLine {
  readonly ours: SimulatedLineEnd;
  readonly theirs: SimulatedLineEnd;
  /** Silence for this long is `audio_lost`. */
  rtpLostMs: number;
  readonly #options: SimulatedLineOptions;
  readonly #openedAtMs: number;
  #phase: HeardFrame["phase"] | undefined;
  #ticker: TimerHandle | undefined;
  #firstPacket: TimerHandle | undefined;
  #lossWatch: TimerHandle | undefined;
  #heardThisPhase = false;
  #everHeard = false;
  #lost = false;
  #muted = false;
  #closed = false;

  constructor(options: SimulatedLineOptions) {
    const { clock, sampleRate, onListenerError } = options;
    this.#options = options;
    this.rtpLostMs = options.rtpLostMs;
    this.#openedAtMs = clock.nowMs();
    const events: LineEvents = { onNeed: () => this.#keepTime(), onListenerError };
    this.ours = new SimulatedLineEnd({
      clock,
      sampleRate,
      peerRate: TELEPHONE_RATE,
      sendDigit: (digit) => options.onDigit(digit, this.atMs),
      ...events,
    });
    this.theirs = new SimulatedLineEnd({
      clock,
      sampleRate: TELEPHONE_RATE,
      peerRate: sampleRate,
      sendDigit: (digit, durationMs) =>
        options.onSignal({ type: "dtmf", digit, durationMs, via: "rtp" }),
      ...events,
    });
  }

  /** Ms since the leg exists. */
  get atMs(): number {
    return this.#options.clock.nowMs() - this.#openedAtMs;
  }

  /** Audio flows from now on; before answer, or from the answer on. */
  open(phase: HeardFrame["phase"]): void {
    if (this.#closed || this.#phase === phase) return;
    this.#phase = phase;
    this.#heardThisPhase = false;
    this.#expectPacket();
    this.ours.open();
    this.theirs.open();
    this.#keepTime();
  }

  /** The far end stops sending, or sends again. */
  setMuted(muted: boolean): void {
    if (this.#closed || muted === this.#muted) return;
    this.#muted = muted;
    const { clock, onSignal } = this.#options;
    if (!muted) {
      clock.clear(this.#lossWatch);
      return this.#expectPacket();
    }
    clock.clear(this.#firstPacket);
    if (!this.#heardThisPhase) return;
    this.#lossWatch = clock.setTimeout(() => {
      this.#lost = true;
      onSignal({ type: "audio_lost" });
    }, this.rtpLostMs);
  }

  /** Settles every pending write and mark, ends the streams. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { clock } = this.#options;
    clock.clear(this.#ticker);
    clock.clear(this.#firstPacket);
    clock.clear(this.#lossWatch);
    this.ours.close();
    this.theirs.close();
  }

  #expectPacket(): void {
    const { clock, onSignal } = this.#options;
    clock.clear(this.#firstPacket);
    if (this.#muted || this.#phase === undefined || (this.#heardThisPhase && !this.#lost)) return;
    this.#firstPacket = clock.setTimeout(() => {
      if (this.#heardThisPhase) onSignal({ type: "audio_resumed" });
      else onSignal({ type: "audio_started" });
      this.#heardThisPhase = true;
      this.#everHeard = true;
      this.#lost = false;
    }, PACKET_MS);
  }

  /** Starts or stops the packet clock, as there is something to carry or not. */
  #keepTime(): void {
    const { clock } = this.#options;
    const needed =
      this.#phase !== undefined &&
      !this.#closed &&
      (this.ours.listening || this.theirs.listening || this.ours.talking || this.theirs.talking);
    if (needed) this.#ticker ??= clock.setInterval(() => this.#carry(), PACKET_MS);
    else {
      clock.clear(this.#ticker);
      this.#ticker = undefined;
    }
  }

  #carry(): void {
    const phase = this.#phase;
    if (phase === undefined) return;
    // The packet that arrives now holds the last 20 ms.
    const atMs = this.atMs;
    const toThem = this.ours.send(PACKET_MS);
    const toUs = this.theirs.send(PACKET_MS);
    if (toThem.spoken > 0) this.#options.onHeard(atMs - PACKET_MS, toThem.data);
    this.theirs.hear(toThem.data, atMs, phase);
    // A real receiver hears nothing before the first packet, and plays silence where one is missing.
    if (this.#everHeard || !this.#muted) this.ours.hear(toUs.data, atMs, phase);
    this.#keepTime();
  }
}
