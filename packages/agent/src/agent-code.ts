import {
  type CallSession,
  isOffhookError,
  isTerminal,
  messageOf,
  OffhookError,
} from "@offhook/session";
import { answerContextOf } from "./answer-context.js";
import type { CallContext } from "./call-context.js";
import type { Agent } from "./define-agent.js";

/**
 * Runs the agent's `setup`, up to its deadline. What it throws ends the call as AGENT_ERROR; false
 * if the call must not go on.
 */
export async function setUpAgent(
  agent: Agent,
  call: CallSession,
  context: CallContext,
): Promise<boolean> {
  const { setup } = agent;
  if (!setup) {
    // Whoever placed the call has it in hand by the next microtask.
    await undefined;
    return !isTerminal(call.state);
  }
  const { setupMs } = call.snapshot.settings.limits;
  let timer: ReturnType<typeof call.clock.setTimeout> | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = call.clock.setTimeout(() => {
      const message = `setup() did not settle within ${setupMs} ms.`;
      reject(new OffhookError("SETUP_TIMED_OUT", message));
    }, setupMs);
  });
  try {
    // Started in a microtask of its own, for the same reason.
    await Promise.race([Promise.resolve(context).then(setup), deadline]);
  } catch (thrown) {
    failCall(call, thrown, "agent:setup", "AGENT_ERROR");
  } finally {
    call.clock.clear(timer);
  }
  return !isTerminal(call.state);
}

/** Starts the agent's `onAnswer` once the call is active. What it throws ends the call as AGENT_ERROR. */
export function answerWithAgent(agent: Agent, call: CallSession, context: CallContext): void {
  const { onAnswer } = agent;
  if (!onAnswer) return;
  call.on("active", () => {
    const answered = Promise.resolve(answerContextOf(call, context)).then(onAnswer);
    // Not awaited as a hook: the conversation may last as long as the call.
    answered.catch((thrown: unknown) => {
      // What the signal of the ended call made it throw is no fault of the agent's.
      const aborted = thrown === call.outcome?.endReason || isAbortError(thrown);
      if (isTerminal(call.state) && aborted) return;
      failCall(call, thrown, "agent:onAnswer", "AGENT_ERROR");
    });
  });
}

/** Notes what was thrown and ends the call for it; a call that is over only gets the note. */
export function failCall(
  call: CallSession,
  thrown: unknown,
  where: string,
  reason: "AGENT_ERROR" | "INTERNAL_ERROR",
): void {
  const ours = reason === "INTERNAL_ERROR";
  const code = isOffhookError(thrown) ? thrown.code : ours ? "INTERNAL" : "AGENT_THREW";
  call.noteFault({ code, message: messageOf(thrown), where });
  void call.endAs(ours ? "runtime" : "agent", reason);
}

function isAbortError(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === "AbortError";
}
