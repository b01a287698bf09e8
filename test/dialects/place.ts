import {
  type Agent,
  type AgentDefinition,
  type AgentRunnerOptions,
  type Calls,
  createCalls,
  defineAgent,
  type PlaceOptions,
} from "@offhook/agent";
import type { CallSession, Carrier } from "@offhook/session";
import { type CallView, callOf, type MessengerOptions } from "@offhook/session/dialects";
import {
  type CalleeScript,
  type CallerScript,
  type SimulatedCarrier,
  simulateCarrier,
} from "@offhook/session/testing";

/** A call that was really placed or taken, as it stood at each step, the last being its end. */
export interface Walked {
  readonly views: readonly CallView[];
  /** What Messenger has to know besides: its settings, and what its test message found. */
  readonly messenger: MessengerOptions;
}

export interface PlaceScript {
  readonly callee?: CalleeScript;
  readonly agent?: Partial<AgentDefinition>;
  readonly runner?: Partial<AgentRunnerOptions>;
  readonly to?: string;
  readonly limits?: PlaceOptions["limits"];
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Changes the carrier's ways. */
  readonly over?: (carrier: SimulatedCarrier) => Carrier;
  /** What the program does with the call it placed. */
  readonly meanwhile?: (calls: Calls, callId: string, carrier: SimulatedCarrier) => unknown;
  /** Another call is in hand already. */
  readonly afterAnother?: true;
  readonly messenger?: () => MessengerOptions;
  /** Something outside of virtual time takes part, such as a socket. */
  readonly besideRealTime?: true;
}

/** Places a call in virtual time and follows it to its end. */
export async function place(script: PlaceScript): Promise<Walked> {
  const carrier = simulateCarrier(script.callee ?? ((callee) => callee.ring()), {
    ...(script.credentials ? { credentials: script.credentials } : {}),
  });
  const calls = createCalls({
    carrier: script.over?.(carrier) ?? carrier,
    agent: agentOf(script.agent),
    ...script.runner,
  });
  const to = script.to ?? "+12025550100";
  if (script.afterAnother) calls.dial({ to });
  const call = calls.dial({ to, ...(script.limits ? { limits: script.limits } : {}) });
  const views = watch(call.session.call);
  void script.meanwhile?.(calls, call.callId, carrier);
  if (script.besideRealTime) await stepUntil(call.ended, carrier);
  const outcome = await carrier.clock.runUntil(call.ended);
  await carrier.clock.runUntil(calls.close());
  return { views: [...views, callOf(outcome)], messenger: script.messenger?.() ?? {} };
}

/** Places a call over a carrier that lives in real time, and follows it to its end. */
export async function placeInRealTime(carrier: Carrier, to: string): Promise<Walked> {
  const calls = createCalls({ carrier, agent: agentOf({ detectors: [] }) });
  const call = calls.dial({ to });
  const views = watch(call.session.call);
  const outcome = await call.ended;
  await calls.close();
  return { views: [...views, callOf(outcome)], messenger: {} };
}

/** Takes a call in virtual time and follows it to its end. */
export async function take(
  caller: CallerScript,
  agent?: Partial<AgentDefinition>,
  { afterAnother = false } = {},
): Promise<Walked> {
  const carrier = simulateCarrier((callee) => callee.ring());
  const calls = createCalls({ carrier, agent: agentOf(agent), maxSessions: 1 });
  const callIn = (who: CallerScript) =>
    carrier.callIn({ from: "+12025550199", to: "+12025550100", caller: who });
  const taken = new Promise<Walked>((resolve) => {
    let others = afterAnother ? 1 : 0;
    calls.receive((call) => {
      if (others-- > 0) return;
      const views = watch(call.session.call);
      void call.ended.then((outcome) =>
        resolve({ views: [...views, callOf(outcome)], messenger: {} }),
      );
    });
  });
  if (afterAnother) {
    callIn((one) => one.stayOn());
    await carrier.clock.advanceBy(100);
  }
  callIn(caller);
  const walked = await carrier.clock.runUntil(taken);
  await carrier.clock.runUntil(calls.close());
  return walked;
}

/** Virtual time moves on a little whenever real time does. */
async function stepUntil(done: Promise<unknown>, { clock }: SimulatedCarrier): Promise<void> {
  let over = false;
  void done.then(() => {
    over = true;
  });
  while (!over) {
    await clock.advanceBy(20);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Notes how the call stands each time it moves on. */
function watch(call: CallSession): CallView[] {
  const look = (): CallView => {
    const { direction, phase, outcome } = call;
    return { direction, phase, outcome };
  };
  const views = [look()];
  for (const event of ["dialing", "ringing", "active", "call_end"] as const)
    call.on(event, () => void views.push(look()));
  return views;
}

function agentOf(definition: Partial<AgentDefinition> = {}): Agent {
  return defineAgent({ name: "test", ...definition });
}
