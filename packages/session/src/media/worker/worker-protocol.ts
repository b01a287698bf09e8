import type { MediaStats } from "../call-audio.js";
import type { AgreedMedia, CodecOffer, DigitsInSound, MediaSignal } from "../media-plane.js";
import type { Played } from "../send/playout.js";
import type { PortRange, SocketKind } from "../socket/rtp-socket.js";

/** What a media worker is told when it starts. */
export interface ThreadSettings {
  readonly sockets: SocketKind;
}

/** What the main thread asks of the media worker. `leg`, `request` are numbers chosen by the asker. */
export type Command =
  | {
      readonly type: "open";
      readonly leg: number;
      readonly sampleRate: number;
      readonly rtpLostMs: number;
      readonly digitsInSound: DigitsInSound;
      readonly bindAddress: string;
      readonly ports: PortRange | undefined;
      readonly share: SharePorts;
      /** Where the peer has said that its packets will come from, if it has. */
      readonly remote: AgreedMedia["remote"] | undefined;
      /** The zero of `atMs`, on the clock of `monotonicMs`. */
      readonly openedMs: number;
    }
  | { readonly type: "expect"; readonly leg: number; readonly receive: readonly CodecOffer[] }
  | { readonly type: "connect"; readonly leg: number; readonly agreed: AgreedMedia }
  | { readonly type: "phase"; readonly leg: number }
  /** The samples have a buffer of their own, which goes to the worker. */
  | { readonly type: "write"; readonly leg: number; readonly samples: Int16Array<ArrayBuffer> }
  | { readonly type: "mark"; readonly leg: number; readonly request: number }
  | { readonly type: "clear"; readonly leg: number; readonly request: number }
  | { readonly type: "pause"; readonly leg: number; readonly paused: boolean }
  | {
      readonly type: "digits";
      readonly leg: number;
      readonly request: number;
      readonly digits: string;
      readonly durationMs: number;
      readonly gapMs: number;
    }
  | {
      readonly type: "background";
      readonly leg: number;
      readonly samples: Int16Array;
      readonly gainDb: number;
    }
  | {
      readonly type: "record";
      readonly leg: number;
      readonly request: number;
      readonly action: RecordAction;
    }
  | { readonly type: "close"; readonly leg: number }
  | { readonly type: "shut_down" };

export type RecordAction =
  | { readonly do: "start"; readonly path: string }
  | { readonly do: "pause" | "resume" | "stop" };

/** Which calls may have their UDP port together with others, see `MediaPlaneOptions.sharePorts`. */
export type SharePorts = "never" | "inbound" | "always";

/** What the worker answers and reports. Everything a leg asked for is answered before its `closed`. */
export type Report =
  | { readonly type: "opened"; readonly leg: number; readonly port: number }
  | { readonly type: "open_failed"; readonly leg: number; readonly detail: string }
  | { readonly type: "signal"; readonly leg: number; readonly signal: MediaSignal }
  | {
      readonly type: "marked";
      readonly leg: number;
      readonly request: number;
      readonly played: Played;
    }
  | {
      readonly type: "cleared";
      readonly leg: number;
      readonly request: number;
      readonly playedMs: number;
    }
  | {
      readonly type: "digits_sent";
      readonly leg: number;
      readonly request: number;
      readonly sent: boolean;
    }
  | {
      readonly type: "recorded";
      readonly leg: number;
      readonly request: number;
      readonly result: { readonly durationMs: number } | { readonly error: string };
    }
  /** The recording that is on cannot be written any more. */
  | { readonly type: "recording_failed"; readonly leg: number; readonly detail: string }
  | { readonly type: "stats"; readonly leg: number; readonly stats: MediaStats }
  | { readonly type: "closed"; readonly leg: number };

/** What concerns the thread as a whole. */
export interface ThreadReport {
  readonly type: "overload";
  readonly overloaded: boolean;
}

/** One message per tick to the main thread, for all legs. */
export interface Batch {
  readonly reports: readonly (Report | ThreadReport)[];
  /** `ROW_LENGTH` numbers per leg, at the places of `ROW`. */
  readonly rows: Float64Array;
  /** The heard frames of all rows, one after the other. */
  readonly audio: Int16Array;
}

/** What a row tells of its leg. */
export const ROW = {
  leg: 0,
  /** Ms since the leg was opened. */
  atMs: 1,
  /** Samples of this leg in `audio`; 0 when nothing is heard. */
  samples: 2,
  /** Samples that ever arrived for playing, and how many of them are still queued. */
  written: 3,
  queued: 4,
  /** How many `clear` were done. */
  clears: 5,
} as const;

export const ROW_LENGTH = 6;
