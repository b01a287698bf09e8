import type { Heard } from "./heard-audio.js";
import type { CallerScript } from "./scenario.js";

/** Somebody calls us. */
export interface CallInOptions {
  readonly from: string;
  readonly to: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly caller: CallerScript;
}

/** A call that somebody placed to us. */
export interface IncomingCall {
  /** How it ended for the caller. */
  readonly ended: Promise<CallerOutcome>;
  readonly heard: Heard;
}

/** How a call ended for the one who placed it. */
export interface CallerOutcome {
  /** Our final response: 200 when we answered, 487 after the caller gave up, 0 if none came. */
  readonly status: number;
  readonly endedBy: "caller" | "us";
  /** The 18x responses that came before it. */
  readonly provisional: readonly number[];
  /** With a 3xx. */
  readonly contacts: readonly string[];
  readonly heard: Heard;
}
