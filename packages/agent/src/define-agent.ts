import type { Detector } from "@offhook/detection";
import { type CallLimitsInput, callLimitsSchema } from "@offhook/session";
import { z } from "zod";
import type { CallContext } from "./call-context.js";
import { parseOptions } from "./parse-options.js";

/** What `onAnswer` is given besides the context. */
export interface AnswerContext extends CallContext {
  /** Aborts when the call ends: pass it on to whatever should stop then. */
  readonly signal: AbortSignal;
}

/** Verdicts on which offhook hangs up by itself, before the agent wastes a turn on them. */
export type HangUpLabel = "voicemail" | "ivr" | "screening" | "fax";

export interface AgentDefinition {
  readonly name: string;
  /** What listens for what picked up. Default: `defaultDetectors()`. */
  readonly detectors?: readonly Detector[];
  /** This agent's own waits, in ms. */
  readonly limits?: CallLimitsInput;
  /** Hang up when a final verdict says one of these. Default: none, the agent decides. */
  readonly hangUpOn?: readonly HangUpLabel[];
  /**
   * Runs before anything is sent, so that no event can be missed. Inbound: before answer; may
   * `session.ring()`, `session.answer()`, `session.reject()`. A throw ends the call as AGENT_ERROR.
   */
  readonly setup?: (context: CallContext) => unknown;
  /** Runs once the call is active. A throw ends the call as AGENT_ERROR; returning does not end it. */
  readonly onAnswer?: (context: AnswerContext) => unknown;
}

/** A checked definition. Only `defineAgent` makes one. */
export interface Agent extends AgentDefinition {
  readonly [agentBrand]: true;
}

const agentBrand: unique symbol = Symbol.for("offhook.agent") as never;

const hook = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === "function",
  "must be a function",
);

const definitionSchema = z.strictObject({
  name: z.string().min(1).max(100),
  detectors: z
    .array(
      z.custom<Detector>(
        (value) => typeof value === "object" && value !== null && "create" in value,
        "must be what a defineDetector() factory returns",
      ),
    )
    .optional(),
  limits: callLimitsSchema.optional(),
  hangUpOn: z.array(z.enum(["voicemail", "ivr", "screening", "fax"])).optional(),
  setup: hook.optional(),
  onAnswer: hook.optional(),
});

/** Checks a definition and marks it as an agent. Throws INVALID_OPTION, naming the field. */
export function defineAgent(definition: AgentDefinition): Agent {
  parseOptions("defineAgent", definitionSchema, definition);
  return { ...definition, [agentBrand]: true };
}

export function isAgent(value: unknown): value is Agent {
  return typeof value === "object" && value !== null && agentBrand in value;
}
