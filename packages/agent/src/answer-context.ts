import type { CallerIdentity, CallSession } from "@offhook/session";
import type { AgentSession } from "./agent-session.js";
import type { CallContext } from "./call-context.js";
import type { AnswerContext } from "./define-agent.js";

/**
 * What `onAnswer` is given. The signal is made for those who ask for it: most calls end without
 * anybody waiting for that. (A class: a literal with a getter would have a hidden class of its own,
 * and the garbage collector's quick rounds would keep the call with it.)
 */
class CallAnswerContext implements AnswerContext {
  readonly callId: string;
  readonly direction: CallContext["direction"];
  readonly userNumber: string;
  readonly ownNumber: string | undefined;
  readonly caller?: CallerIdentity;
  readonly data: CallContext["data"];
  readonly session: AgentSession;
  readonly #call: CallSession;
  #signal: AbortSignal | undefined;

  constructor(call: CallSession, context: CallContext) {
    this.callId = context.callId;
    this.direction = context.direction;
    this.userNumber = context.userNumber;
    this.ownNumber = context.ownNumber;
    if (context.caller !== undefined) this.caller = context.caller;
    this.data = context.data;
    this.session = context.session;
    this.#call = call;
  }

  get signal(): AbortSignal {
    this.#signal ??= endSignalOf(this.#call);
    return this.#signal;
  }
}

export function answerContextOf(call: CallSession, context: CallContext): AnswerContext {
  return new CallAnswerContext(call, context);
}

function endSignalOf(call: CallSession): AbortSignal {
  if (call.outcome) return AbortSignal.abort(call.outcome.endReason);
  const ending = new AbortController();
  call.on("call_end", ({ endReason }) => ending.abort(endReason));
  return ending.signal;
}
