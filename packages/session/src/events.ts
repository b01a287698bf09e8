import type { CallOutcome } from "./call/outcome.js";
import type {
  CallDirection,
  CallFault,
  EndedBy,
  EndReason,
  TerminalState,
  TransferProgress,
  TransferRequest,
  Verdict,
} from "./vocabulary.js";

/** What every event says: which call, and when, in ms since the call was created. */
export interface CallEvent {
  readonly callId: string;
  readonly atMs: number;
}

/** What a hook may do about a transfer that the far side asks for. Whichever is called first counts. */
export interface TransferDecision {
  /**
   * Calls the target and goes on with it once it answers; until then, and if it does not, the call
   * stays as it was. Settles with what became of it. Never rejects.
   */
  readonly accept: () => Promise<FollowedTransfer>;
  /** A final response of 300 to 699; default 603. */
  readonly refuse: (status?: number) => void;
}

/** What became of a transfer that was accepted. */
export interface FollowedTransfer {
  /** `ended`: the call was over first. */
  readonly status: "completed" | "failed" | "ended";
  readonly sipStatus?: number;
}

/** What a call tells, in the order it happens. Docs are made from these sentences. */
export interface SessionEvents {
  /** The call exists and its hooks are in place; nothing was sent yet. Once, first. */
  call_start: CallEvent & { readonly direction: CallDirection };
  /** The INVITE is on the wire. Outbound only, once. */
  dialing: CallEvent;
  /** The far side rings (first 18x), or an inbound call is offered. At most once. */
  ringing: CallEvent;
  /** Audio may be heard before answer: the first 18x with SDP (RFC 3960). At most once. */
  early_media: CallEvent;
  /** The call was answered and audio flows both ways. At most once. */
  active: CallEvent;
  /** Detection came to a verdict, or revised it. Any number of times, also before answer. */
  verdict: CallEvent & { readonly verdict: Verdict };
  /** The far side pressed a key. Once per digit, whichever way it came. */
  dtmf: CallEvent & { readonly digit: string; readonly durationMs: number };
  /** The user began or stopped speaking, as voice activity hears it. */
  user_voice: CallEvent & { readonly active: boolean };
  /** The user finished a turn of the conversation. */
  user_turn: CallEvent & { readonly text?: string };
  /** The agent finished a turn of the conversation. */
  agent_turn: CallEvent & { readonly text?: string; readonly playedMs: number };
  /** The user spoke over the agent and the agent stopped. */
  interruption: CallEvent & { readonly playedMs: number };
  /** Nobody spoke for a while; a prompt is due. */
  silence: CallEvent & { readonly silentMs: number };
  /**
   * RTP began to arrive, stopped, or came back. Or none of ours arrives at the far side, as its RTCP
   * reports have it (`undelivered`): it cannot hear us. Or it does again (`delivered`).
   */
  audio: CallEvent & {
    readonly status: "started" | "lost" | "resumed" | "undelivered" | "delivered";
  };
  /** The call was put on hold or taken off it. */
  hold: CallEvent & { readonly held: boolean; readonly by: "far_side" | "us" };
  /** A transfer we asked for went a step on. */
  transfer: CallEvent & { readonly progress: TransferProgress };
  /**
   * The far side asks that the call go on with somebody else (REFER, RFC 3515). Refused with 603
   * unless a hook accepts it before it settles.
   */
  transfer_request: CallEvent & TransferRequest & TransferDecision;
  /** A transfer that a hook accepted went a step on. */
  transfer_followed: CallEvent & {
    readonly requestId: string;
    readonly progress: TransferProgress;
  };
  /** The call goes on with somebody else: an accepted transfer worked, or a Replaces (RFC 3891) came. */
  far_side_changed: CallEvent & { readonly how: "transfer" | "replaces" };
  /** The far side wrote something within the call: a MESSAGE, or an INFO that is no key press. */
  text: CallEvent & { readonly contentType: string; readonly body: string };
  /** Something went wrong that did not end the call: a hook threw, a detector was dropped. */
  fault: CallEvent & { readonly fault: CallFault };
  /** The call is over. Exactly once per call, last; awaited up to `limits.callEndHookMs`. */
  call_end: CallEvent & {
    readonly finalState: TerminalState;
    readonly endReason: EndReason;
    readonly endedBy: EndedBy;
    readonly outcome: CallOutcome;
  };
}
