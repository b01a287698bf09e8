import type { ReasonToSend } from "../carrier.js";
import type { AudioFrame } from "../vocabulary.js";
import type { ClipName } from "./clips.js";

/** A digest challenge (RFC 3261 22.3) that whoever calls must satisfy. */
export interface Challenge {
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  /** Challenges again whatever the answer: the credentials are never accepted. */
  readonly refuse: boolean;
}

/** One thing that the far side does. Plain data: a scenario can be printed, compared and stored. */
export type ScenarioStep =
  /** Does not respond at all, for good. */
  | { readonly type: "ignore" }
  /** 407, and goes on when the answer is right. */
  | { readonly type: "challenge"; readonly challenge: Challenge }
  | { readonly type: "trying" }
  /** A provisional response. Without `durationMs` nothing follows it. */
  | {
      readonly type: "ring";
      readonly status: number;
      /** With SDP, so that audio may follow before answer (RFC 3960). */
      readonly earlyMedia: boolean;
      readonly headers: Readonly<Record<string, string>>;
      readonly durationMs: number | undefined;
    }
  | { readonly type: "answer" }
  | {
      readonly type: "reject";
      readonly status: number;
      readonly phrase: string | undefined;
      readonly reason: ReasonToSend | undefined;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly type: "speak"; readonly audio: ClipName | AudioFrame }
  | {
      readonly type: "tone";
      readonly frequenciesHz: readonly number[];
      readonly durationMs: number;
      readonly levelDb: number;
    }
  /** Sends silence, and hears what the other side says. */
  | { readonly type: "silence"; readonly durationMs: number }
  /** Silent until the other side has spoken and then paused for `quietMs`. */
  | { readonly type: "hear_out"; readonly quietMs: number; readonly timeoutMs: number }
  /** Sends no RTP at all, for a while or for good. */
  | { readonly type: "mute"; readonly durationMs: number | undefined }
  | { readonly type: "press_keys"; readonly digits: string }
  | { readonly type: "wait_for_digits"; readonly count: number; readonly timeoutMs: number }
  /** Asks the other side to talk to somebody else instead (REFER, RFC 3515), and goes on meanwhile. */
  | { readonly type: "refer"; readonly to: string }
  /** BYE; before answer, a caller's CANCEL. */
  | { readonly type: "hang_up"; readonly reason: ReasonToSend | undefined }
  /** Repeats its audio until the call ends. */
  | { readonly type: "talk_on"; readonly audio: ClipName | AudioFrame }
  /** Stays on the line, silent, until the other side ends it. */
  | { readonly type: "stay_on" }
  /** A caller waits until it is answered, or gives up. */
  | { readonly type: "wait_for_answer"; readonly giveUpAfterMs: number | undefined };

/** What one far side does, from the first message to the last. */
export interface Scenario {
  readonly steps: readonly ScenarioStep[];
}
