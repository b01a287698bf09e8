import type {
  AnswerResponse,
  CallDirection,
  CallFault,
  EndedBy,
  FinalResponse,
  MessageProgress,
  ProvisionalResponse,
  ReasonEvidence,
  TransferProgress,
  Verdict,
} from "../vocabulary.js";
import type { EndReason } from "./end-reason.js";

/**
 * Everything that is known about a call, in the order it became known. Plain data: the outcome is
 * a pure function of it, so a recorded call comes to the same outcome again.
 */
export interface CallFacts {
  readonly direction: CallDirection;
  readonly dialedAtMs?: number;
  readonly provisional: readonly ProvisionalEntry[];
  /** First 18x, or when an inbound call was offered. */
  readonly ringStartedAtMs?: number;
  /** The 2xx, also one that came too late or had no usable media: it is billed. */
  readonly answeredAtMs?: number;
  /** When the call became `active`. Absent if it never did. */
  readonly connectedAtMs?: number;
  /** When we withdrew it; the far side may take a while to agree. */
  readonly withdrawnAtMs?: number;
  readonly disconnectedAtMs?: number;
  readonly answer?: AnswerResponse;
  /** The final response of 300 or above, whoever ended the call. */
  readonly finalResponse?: FinalResponse;
  readonly farSideReason?: ReasonEvidence;
  readonly ending?: Ending;
  readonly firstAudioAtMs?: number;
  /** The standing verdict: the last one given before the end. */
  readonly verdict?: Verdict;
  /** How often the user took a turn in conversation. */
  readonly userTurns: number;
  readonly transfer?: TransferProgress;
  /** Who took the far side's place, and when. */
  readonly farSideChanges?: readonly FarSideChange[];
  readonly message?: MessageProgress;
  readonly faults: readonly CallFault[];
}

/** One provisional response as it is kept as evidence. */
export interface ProvisionalEntry {
  readonly atMs: number;
  readonly status: number;
  readonly toTag?: string;
  readonly hasSdp: boolean;
  readonly toVoicemail: boolean;
}

/** The call went on with somebody else. */
export interface FarSideChange {
  readonly atMs: number;
  readonly how: "transfer" | "replaces";
}

/** Who ended the call, and how. The first one counts. */
export type Ending =
  /** We sent BYE or CANCEL, or refused; without a reason it was a bare `end()`. */
  | {
      readonly by: "us";
      readonly requester: EndedBy;
      readonly reason?: EndReason;
      /** What happened, where the reason alone does not say. */
      readonly detail?: string;
    }
  | { readonly by: "far_side"; readonly request: "BYE" | "CANCEL" }
  | { readonly by: "final_response"; readonly response: FinalResponse }
  /** Nothing came back: a timer or the transport said so. */
  | {
      readonly by: "nothing";
      readonly cause: "timeout" | "transport" | "not_joined";
      readonly detail: string;
    }
  /** Nothing was ever sent. */
  | { readonly by: "not_placed"; readonly reason: EndReason };

export function openFacts(direction: CallDirection): CallFacts {
  return {
    direction,
    provisional: [],
    userTurns: 0,
    faults: [],
    ...(direction === "inbound" ? { ringStartedAtMs: 0 } : {}),
  };
}

export function provisionalEntry(atMs: number, response: ProvisionalResponse): ProvisionalEntry {
  return {
    atMs,
    status: response.status,
    hasSdp: response.hasSdp,
    toVoicemail: response.retarget?.toVoicemail ?? false,
    ...(response.toTag === undefined ? {} : { toTag: response.toTag }),
  };
}

/** How long it rang: until we withdrew it, the answer or, without either, the end. Undefined if it never rang. */
export function ringMsOf(facts: CallFacts): number | undefined {
  if (facts.ringStartedAtMs === undefined) return undefined;
  const until = facts.withdrawnAtMs ?? facts.answeredAtMs ?? facts.disconnectedAtMs;
  return until === undefined ? undefined : Math.max(0, until - facts.ringStartedAtMs);
}

/** How long the conversation lasted; 0 for a call that never connected. */
export function talkMsOf(facts: CallFacts): number {
  if (facts.connectedAtMs === undefined || facts.disconnectedAtMs === undefined) return 0;
  return facts.disconnectedAtMs - facts.connectedAtMs;
}

/** A provisional or the final response told that the call was sent on to voicemail. */
export function wasRetargetedToVoicemail(facts: CallFacts): boolean {
  return (
    facts.provisional.some((entry) => entry.toVoicemail) ||
    facts.finalResponse?.retarget?.toVoicemail === true
  );
}
