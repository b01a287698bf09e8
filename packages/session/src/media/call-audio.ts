import type { OffhookError } from "../errors.js";
import type { AudioFrame, HeardFrame } from "../vocabulary.js";

export type CallSampleRate = 8000 | 16000 | 24000 | 48000;

/** The one audio port of a call: what the caller says, and what the caller hears. */
export interface CallAudio {
  readonly format: { readonly sampleRate: CallSampleRate; readonly channels: 1 };
  /** What the far side says. Bounded: a slow reader loses the oldest frames. */
  readonly incoming: ReadableStream<AudioFrame>;
  /** Called synchronously for each incoming frame; returns its unsubscribe. */
  onFrame(listener: (frame: HeardFrame) => void): () => void;
  /**
   * Queues audio to be heard after all that was written before. Settles when there is room for
   * more. Rejects with CALL_ENDED once the call is over, INVALID_AUDIO for another format.
   */
  write(frame: AudioFrame): Promise<void>;
  /** Settles when everything written so far was heard, was cleared, or the call ended. */
  mark(): Promise<{ readonly playedMs: number; readonly interrupted: boolean }>;
  /** Drops what is queued; the caller hears silence within one frame. */
  clear(): Promise<{ readonly playedMs: number }>;
  pause(): void;
  resume(): void;
  /** How much is written and not yet heard. */
  readonly queuedMs: number;
}

export interface SendDtmfOptions {
  /** Length of each digit; 40 to 6,000 (RFC 4733 2.5). Default 160. */
  readonly durationMs?: number;
  /** Silence between digits; at least 40. Default 80. */
  readonly gapMs?: number;
}

/** What went over the wire for this call so far. */
export interface MediaStats {
  readonly codec: string | undefined;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly packetsDropped: number;
  /** Interarrival jitter (RFC 3550 6.4.1). */
  readonly jitterMs: number;
  /** Packets that came after their audio was due. */
  readonly packetsLate?: number;
  /** How much of what was heard had to be made up for lost or late packets. */
  readonly concealedMs?: number;
  /** How long the jitter buffer keeps packets back at present. */
  readonly bufferMs?: number;
  /** From RTCP: the way to the peer and back. */
  readonly roundTripMs?: number;
  /** From RTCP: how much of what we sent the peer has lost, 0 to 1, and its jitter. */
  readonly remoteLossRate?: number;
  readonly remoteJitterMs?: number;
  /**
   * From RTCP: whether what we send arrives at the peer. It does, it did until it stopped, it never
   * did; absent while the peer's reports do not tell.
   */
  readonly delivery?: "arrives" | "stopped" | "never_arrived";
  /** Estimated listening quality of what we hear, 1 to 4.5 (E-model, ITU-T G.107). */
  readonly mos?: number;
}

/** A call being recorded to a stereo WAV file: caller left, agent right. */
export interface MediaRecording {
  /** What is said until `resume` leaves no trace in the file. */
  pause(): void;
  resume(): void;
  /**
   * Settles, with MEDIA_FAILED, when the file cannot be written any more (a full disk): the call goes
   * on, and what was recorded until then can be read. Never settles otherwise.
   */
  readonly failed?: Promise<OffhookError>;
  /** Also done when the call ends. Rejects with MEDIA_FAILED when the file could not be written. */
  stop(): Promise<{ readonly durationMs: number }>;
}

/** The media side of one leg. Exists from the start; carries audio once SDP was agreed. */
export interface MediaLeg extends CallAudio {
  /** Settles when the last digit was sent. Rejects with CALL_ENDED, or INVALID_OPTION for a digit outside 0-9*#A-D. */
  sendDtmf(digits: string, options?: SendDtmfOptions): Promise<void>;
  stats(): MediaStats;
  /**
   * Sound that goes on under everything the agent says, from now on and repeated; `undefined` ends
   * it. Mono, at the call's sample rate. Throws INVALID_AUDIO. Default gain −20 dB, at most 20.
   */
  setBackground?(samples: Int16Array | undefined, options?: { readonly gainDb?: number }): void;
  /**
   * Records to a new file, streamed as the call goes on and valid at any moment. One recording at a
   * time. Rejects with MEDIA_FAILED when the file cannot be made, CALL_ENDED when it is too late.
   */
  record?(path: string): Promise<MediaRecording>;
}
