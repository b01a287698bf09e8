import type { CallSession } from "@offhook/session";
import type { CallContext } from "./call-context.js";
import type { AnswerContext } from "./define-agent.js";

/**
 * What `onAnswer` is given. The signal is made for those who ask for it: most calls end without
 * anybody waiting for that.
 */
export function answerContextOf(call: CallSession, context: CallContext): AnswerContext {
  let signal: AbortSignal | undefined;
  return {
    ...context,
    get signal() {
      signal ??= endSignalOf(call);
      return signal;
    },
  };
}

function endSignalOf(call: CallSession): AbortSignal {
  if (call.outcome) return AbortSignal.abort(call.outcome.endReason);
  const ending = new AbortController();
  call.on("call_end", ({ endReason }) => ending.abort(endReason));
  return ending.signal;
}
