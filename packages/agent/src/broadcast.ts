import type { AudioFrame, VerdictLabel } from "@offhook/session";
import { z } from "zod";
import type { AgentSession } from "./agent-session.js";
import type { CallContext } from "./call-context.js";
import { type Agent, type AgentDefinition, defineAgent } from "./define-agent.js";
import type { KeyPressResult } from "./key-press.js";
import { parseOptions } from "./parse-options.js";

/** A WAV file, or a whole message as PCM. */
export type Message = string | URL | AudioFrame;

/** What a key-press test found out; `session.data.get("test_prompt")`. */
export type TestPromptResult = "key_pressed" | "no_key" | "hung_up";

export interface BroadcastDefinition
  extends Pick<AgentDefinition, "name" | "detectors" | "limits" | "setup"> {
  /** What a person hears. */
  readonly message: Message;
  /** What is left on a machine, after its beep. Without it, machines are hung up on. */
  readonly machineMessage?: Message;
  /** Played when it is not clear what picked up: a key press means a person (seed 003). */
  readonly testMessage?: Message;
  /** How long detection may take before the test, or the message, is played. Default 4,000. */
  readonly decideWithinMs?: number;
  /** How long to wait for the key after the test message. Default 5,000. */
  readonly keyTimeoutMs?: number;
}

const ms = z.number().int().min(1).max(600_000);
const waitsSchema = z.object({
  decideWithinMs: ms.default(4_000),
  keyTimeoutMs: ms.default(5_000),
});

/** After this much quiet, detection has had its chance with what was said. */
const DECIDED_QUIET_MS = 1_600;
/** A machine whose greeting has no beep is taken to listen after this much quiet. */
const QUIET_MS = 3_000;
/** Nobody is heard out for longer. */
const HEAR_OUT_MS = 60_000;

/**
 * An agent that plays a message to whoever answers and hangs up (seeds 001 and 003). How much of it
 * was really heard is `outcome.message`. Throws INVALID_OPTION.
 */
export function defineBroadcast(definition: BroadcastDefinition): Agent {
  const { message, machineMessage, testMessage, ...agent } = definition;
  const { decideWithinMs, keyTimeoutMs } = parseOptions("defineBroadcast", waitsSchema, definition);
  const { name, detectors, limits, setup } = agent;

  const tellPerson = async (session: AgentSession, signal: AbortSignal) => {
    await session.play(message, { signal, message: name });
    // Somebody listened: whatever was suspected before, this was a conversation.
    await session.end({ reason: "AGENT_HUNG_UP" });
  };
  const tellMachine = async (session: AgentSession, signal: AbortSignal) => {
    if (machineMessage !== undefined) {
      await untilEither(session, signal, ["beep"], QUIET_MS);
      await session.play(machineMessage, { signal, message: name });
    }
    await session.end({ reason: "AGENT_HUNG_UP_VOICEMAIL_DETECTED" });
  };

  return defineAgent({
    name,
    ...(detectors === undefined ? {} : { detectors }),
    ...(limits === undefined ? {} : { limits }),
    ...(setup === undefined ? {} : { setup: (context: CallContext) => setup(context) }),
    async onAnswer({ session, signal }) {
      const label = await whoPickedUp(session, decideWithinMs, signal);
      if (label === "fax") return session.end();
      if (label === "voicemail") return tellMachine(session, signal);
      if (label === "human" || testMessage === undefined) return tellPerson(session, signal);
      const pressed = await askForKey(session, testMessage, keyTimeoutMs, signal);
      if (signal.aborted) return;
      return pressed ? tellPerson(session, signal) : tellMachine(session, signal);
    },
  });
}

/** What picked up, if that becomes clear in time. Whoever is still talking is heard out. */
async function whoPickedUp(
  session: AgentSession,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<VerdictLabel | undefined> {
  const labels = ["human", "voicemail", "fax"] as const;
  const decide = async (withinMs: number) => {
    const heard = await session.detected(labels, { timeoutMs: withinMs, signal });
    // Assumed for want of anything better: that is what the test is for.
    const decided = heard.status === "detected" && heard.verdict.kind !== "assumed";
    return decided ? heard.verdict.label : undefined;
  };
  const label = await decide(timeoutMs);
  if (label !== undefined || !session.userSpeaking) return label;
  await untilEither(session, signal, labels, DECIDED_QUIET_MS);
  return decide(1);
}

/** Plays the test message and waits for a key; a key pressed early cuts it short. */
async function askForKey(
  session: AgentSession,
  testMessage: Message,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const note = (result: TestPromptResult) => session.data.set("test_prompt", result);
  // Stands if they hang up on it.
  note("hung_up");
  const cut = new AbortController();
  void session.keyPressed({ signal }).then((key) => isPressed(key) && cut.abort());
  await session.play(testMessage, { signal: AbortSignal.any([signal, cut.signal]) });
  const pressed = cut.signal.aborted || isPressed(await session.keyPressed({ signal, timeoutMs }));
  if (signal.aborted) return false;
  note(pressed ? "key_pressed" : "no_key");
  return pressed;
}

function isPressed({ status }: KeyPressResult): boolean {
  return status === "pressed";
}

/** Waits for one of the labels, or for the line to be quiet. */
async function untilEither(
  session: AgentSession,
  signal: AbortSignal,
  labels: readonly VerdictLabel[],
  quietMs: number,
): Promise<void> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const heard = session.detected(labels, { timeoutMs: HEAR_OUT_MS, signal: stop });
  await Promise.race([heard, untilQuiet(session, quietMs, stop)]);
  done.abort("heard");
}

async function untilQuiet(
  session: AgentSession,
  quietMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { status, spokenMs } = await session.listen({ quietMs, timeoutMs: quietMs, signal });
    const stillTalking = status === "timeout" && spokenMs > 0;
    if (!stillTalking) return;
  }
}
