/**
 * The words every package shares: audio frames, what the far side told us, what a detector said.
 * Types only, so that a detector can be written and replayed without a SIP stack.
 */
export type { CallState, TerminalState, VisibleStatus } from "./call/call-state.js";
export type { EndReason, EndReasonCategory } from "./call/end-reason.js";
export type { Clock, TimerHandle } from "./clock.js";

export type CallDirection = "outbound" | "inbound";

/** Who made the call end. `api` is the program that placed it, `agent` the code that talks in it. */
export type EndedBy = "user" | "agent" | "api" | "carrier" | "runtime";

/** Linear 16-bit PCM, interleaved when `channels` is above 1. Always owns its whole buffer. */
export interface AudioFrame {
  readonly data: Int16Array;
  /** Samples per second. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly samplesPerChannel: number;
}

/** One frame of what the far side sent, mono, as taps and detectors receive it. */
export interface HeardFrame extends AudioFrame {
  /** When the frame was played out of the jitter buffer, in ms since the call was created. */
  readonly atMs: number;
  /** `early` is audio before answer (183 with SDP, RFC 3960). */
  readonly phase: "early" | "active";
}

/** Q.850 location (RFC 8606): U user, LPN/LN/TN/RLN/RPN the networks, INTL, BI. */
export type Q850Location = "U" | "LPN" | "LN" | "TN" | "RLN" | "RPN" | "INTL" | "BI";

/** Every `Reason` header of one message (RFC 3326), as sent and as read. */
export interface ReasonEvidence {
  /** The header values verbatim, in order. */
  readonly reasonHeaders: readonly string[];
  /** The first valid `Q.850;cause=` among them. */
  readonly q850?: number;
  readonly q850Location?: Q850Location;
  readonly q850Text?: string;
}

/** What a 1xx or 2xx said about being sent elsewhere: Diversion (RFC 5806), History-Info (RFC 7044). */
export interface RetargetEvidence {
  readonly diversion: readonly string[];
  readonly historyInfo: readonly string[];
  /** A retarget with voicemail cause (RFC 4458: 404, 408, 486, 302…) or a voicemail target was seen. */
  readonly toVoicemail: boolean;
}

export interface ProvisionalResponse {
  readonly status: number;
  readonly phrase: string;
  /** The fork it came from; absent on a 100. */
  readonly toTag?: string;
  readonly hasSdp: boolean;
  readonly retarget?: RetargetEvidence;
}

export interface AnswerResponse {
  readonly status: number;
  readonly phrase: string;
  readonly toTag?: string;
  /** False when the 2xx carried no SDP we can use; the leg has ACKed and ended it already. */
  readonly usableMedia: boolean;
  /** Why not, in words. */
  readonly mediaProblem?: string;
  /** The 2xx crossed our CANCEL (RFC 3261 9.1); the leg has ACKed it and sent BYE already. */
  readonly crossedCancel: boolean;
  readonly retarget?: RetargetEvidence;
}

/** A real final response of 300 or above, never one that a timer made up. */
export interface FinalResponse extends ReasonEvidence {
  readonly status: number;
  readonly phrase: string;
  readonly warning?: string;
  /** `Retry-After` (RFC 3261 20.33), in seconds as the header gives it. */
  readonly retryAfter?: number;
  /** The `Call-Info` of a 608 that points at the jCard redress address (RFC 8688). */
  readonly redress?: string;
  readonly retarget?: RetargetEvidence;
}

/**
 * What one leg tells about the far side. A leg reports facts and never decides; it reports at most
 * one of `rejected`, `unanswered`, `far_side_ended`.
 */
export type LegSignal =
  /** The first INVITE is on the wire. */
  | { readonly type: "dialing" }
  | { readonly type: "provisional"; readonly response: ProvisionalResponse }
  | { readonly type: "answered"; readonly answer: AnswerResponse }
  | { readonly type: "rejected"; readonly response: FinalResponse }
  /**
   * No final response is going to come: the transport failed, a transaction timed out, or nobody
   * joined the room of a web call.
   */
  | {
      readonly type: "unanswered";
      readonly cause: "timeout" | "transport" | "not_joined";
      readonly detail: string;
    }
  /** The far side ended the dialog, or (inbound) withdrew its INVITE. */
  | {
      readonly type: "far_side_ended";
      readonly request: "BYE" | "CANCEL";
      readonly reason: ReasonEvidence;
    }
  /** The dialog was lost after answer: a session timer ran out, a re-INVITE met 481, no ACK came. */
  | { readonly type: "dialog_lost"; readonly detail: string }
  /** Offer and answer have no codec in common, or the media socket failed. */
  | { readonly type: "media_failed"; readonly detail: string }
  /** First RTP packet of this phase. */
  | { readonly type: "audio_started" }
  /** No RTP for `rtpLostMs`, while neither held nor in comfort noise. */
  | { readonly type: "audio_lost" }
  | { readonly type: "audio_resumed" }
  /** The peer's RTCP reports say that nothing of what we send arrives any more, or ever did. */
  | { readonly type: "audio_undelivered" }
  /** They say that it arrives, after all. */
  | { readonly type: "audio_delivered" }
  | { readonly type: "held"; readonly by: "far_side" | "us"; readonly held: boolean }
  | {
      readonly type: "dtmf";
      readonly digit: string;
      readonly durationMs: number;
      readonly via: "rtp" | "info" | "audio";
    }
  | { readonly type: "transfer"; readonly progress: TransferProgress }
  /** What the far side wrote within the call: a MESSAGE (RFC 3428), or an INFO that is no key press. */
  | { readonly type: "text"; readonly contentType: string; readonly body: string }
  /** The far side asks us to talk to somebody else instead (REFER, RFC 3515). */
  | { readonly type: "transfer_request"; readonly request: TransferRequest }
  /** A transfer that the far side asked for, and that we accepted, went a step on. */
  | {
      readonly type: "transfer_followed";
      readonly requestId: string;
      readonly progress: TransferProgress;
    }
  /**
   * Somebody else has the far side's place, in a dialog of their own: whom an accepted transfer
   * reached, or who took the call over (Replaces, RFC 3891). The call goes on.
   */
  | { readonly type: "far_side_changed"; readonly how: "transfer" | "replaces" };

/** What the far side asks for with a REFER. */
export interface TransferRequest {
  readonly requestId: string;
  /** Whom to call: a SIP or `tel:` URI. Private data. */
  readonly target: string;
  /** Who says so, by its own account (Referred-By, RFC 3892): a URI. Private data. */
  readonly referredBy?: string;
  /** We are to take over a call that the far side has with the target (Replaces, RFC 5589 7). */
  readonly attended: boolean;
}

/** How far a transfer (REFER, RFC 3515) is: as the NOTIFYs of one that we asked for report it. */
export interface TransferProgress {
  readonly status: "accepted" | "trying" | "ringing" | "completed" | "failed";
  /** The status code of the REFER's response or of the sipfrag. */
  readonly sipStatus?: number;
}

/** A signal with its time, in ms since the call was created: what taps, detectors and journals see. */
export type CallSignal = LegSignal & { readonly atMs: number };

export type VerdictLabel =
  | "human"
  | "voicemail"
  | "beep"
  | "ivr"
  | "screening"
  | "announcement"
  | "busy"
  | "reorder"
  | "ringback"
  | "fax"
  | "music"
  | "silence"
  | "no_audio"
  | "unknown";

/** One line of a verdict's reasoning: which rule, on what input, against which threshold. */
export interface VerdictEvidence {
  readonly rule: string;
  /** The measured inputs by name, with the unit in the name. */
  readonly inputs: Readonly<Record<string, number | string | boolean>>;
  /** The limits the inputs were held against. */
  readonly thresholds: Readonly<Record<string, number | string | boolean>>;
}

/** What picked up, as one detector or the whole panel sees it. */
export interface Verdict {
  readonly label: VerdictLabel;
  /** Finer than the label: `greeting_end`, `number_changed`, `not_in_service`, `sit_vacant`… */
  readonly kind?: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** A provisional verdict may be revised; a final one stands. */
  readonly provisional: boolean;
  /** Ms since the call was created. */
  readonly atMs: number;
  readonly phase: "before_answer" | "after_answer";
  /** The detector that said it. */
  readonly detector: string;
  readonly evidence: readonly VerdictEvidence[];
  /** The label that came second, and by how much it lost. */
  readonly runnerUp?: { readonly label: VerdictLabel; readonly margin: number };
}

/** What was played of the message that the agent set out to leave (seeds 001 and 003). */
export interface MessageProgress {
  readonly name: string;
  readonly playedMs: number;
  readonly totalMs: number;
  readonly complete: boolean;
}

/** Something that went wrong during a call without being the reason by itself. */
export interface CallFault {
  readonly code: string;
  /** Never holds a phone number, a transcript or a credential in full. */
  readonly message: string;
  /** Wall time, ISO 8601. */
  readonly at: string;
  /** Where: `hook:call_end`, `agent:onAnswer`, `detector:greeting`, `leg`… */
  readonly where: string;
  readonly phase: CallPhase;
}

/** A state, or `closing`: after disconnection, while `call_end` hooks run. */
export type CallPhase =
  | "pending"
  | "dialing"
  | "ringing"
  | "active"
  | "closing"
  | "ended"
  | "not_connected"
  | "canceled";
