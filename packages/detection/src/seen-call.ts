import type { DetectorCall } from "./detector.js";
import type { PanelCall } from "./panel.js";

/**
 * The call as its detectors see it. Written to rather than read through a getter: an object literal
 * with one has a hidden class of its own, and the garbage collector's quick rounds take what that
 * leads to, the whole call, for alive.
 */
export type SeenCall = { -readonly [Key in keyof DetectorCall]: DetectorCall[Key] };

export function seenCall(
  { callId, direction, profile = {} }: PanelCall,
  elapsedMs: () => number,
): SeenCall {
  return {
    callId,
    direction,
    profile: {
      voicemailRing: profile.voicemailRing ?? { minMs: 3_000, maxMs: 45_000 },
      instant480: profile.instant480 ?? "user_unreachable",
    },
    answeredAtMs: undefined,
    elapsedMs,
  };
}
