import type { CallFault } from "../vocabulary.js";
import { type RechoEventType, type RechoStatus, toRecho } from "./recho.js";
import {
  type CallView,
  isOngoing,
  type OutcomeView,
  type TranslateOptions,
} from "./translation.js";

/** Where a Recho notification goes, and what its receiver knows the call by. */
export interface RechoAddressing {
  readonly projectId: string;
  readonly webhookEndpoint: RechoEndpoint;
  /** Passed through as the receiver configured it; null without authentication. */
  readonly authConfig?: Readonly<Record<string, unknown>> | null;
  readonly callId: string;
  /** The provider's own id of the call; null before one exists. */
  readonly callSid?: string | null;
  readonly clientId?: string | null;
}

export interface RechoEndpoint {
  readonly id: string;
  readonly name: string;
  readonly endpointType: string;
  readonly target: string;
  readonly contentKey: string;
}

export interface RechoError {
  readonly code: string;
  readonly message: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly where: string;
  readonly phase: string;
  /** Stack traces stay on the machine that made them. */
  readonly stacktrace: null;
}

export interface RechoWebhook {
  readonly projectId: string;
  readonly webhookEndpoint: RechoEndpoint;
  readonly eventType: RechoEventType;
  readonly body: {
    readonly subject: string;
    readonly text: string;
    readonly data: {
      readonly callId: string;
      readonly callStatus: RechoStatus;
      readonly callSid: string | null;
      readonly clientId: string | null;
    };
    /** Whether something went wrong: receivers look here and not at the status. */
    readonly errors: readonly RechoError[];
  };
  readonly authConfig: Readonly<Record<string, unknown>> | null;
}

/**
 * The whole notification of how a call stands now. An error event always has an error in it: the
 * end reason itself, after whatever else went wrong.
 */
export function rechoWebhook(
  call: CallView,
  addressing: RechoAddressing,
  options: TranslateOptions = {},
): RechoWebhook {
  const { callStatus, eventType } = toRecho(call, options).value;
  const { projectId, webhookEndpoint, callId } = addressing;
  const outcome = isOngoing(call.phase) ? undefined : call.outcome;
  const errors = (outcome?.errors ?? []).map(errorOfFault);
  if (outcome && isErrorEvent(eventType)) errors.push(errorOfEnd(outcome));
  const subject = `Call ${callId}: ${callStatus}`;
  return {
    projectId,
    webhookEndpoint,
    eventType,
    body: {
      subject,
      text: outcome ? `${subject}. ${outcome.because.text}` : `${subject}.`,
      data: {
        callId,
        callStatus,
        callSid: addressing.callSid ?? null,
        clientId: addressing.clientId ?? null,
      },
      errors,
    },
    authConfig: addressing.authConfig ?? null,
  };
}

/**
 * Every notification that an ended call makes through its life, oldest first: one per status, in
 * the order receivers must get them.
 */
export function rechoLife(
  outcome: OutcomeView,
  addressing: RechoAddressing,
  options: TranslateOptions = {},
): readonly RechoWebhook[] {
  const { direction } = outcome;
  const phases: CallView[] = outcome.states.map(({ state }) => ({
    direction,
    phase: state,
    outcome,
  }));
  const end = phases.pop();
  const closing: CallView = { direction, phase: "closing", outcome };
  const told = [...phases, closing, ...(end ? [end] : [])].map((call) =>
    rechoWebhook(call, addressing, options),
  );
  return told.filter(
    (webhook, index) => webhook.body.data.callStatus !== told[index - 1]?.body.data.callStatus,
  );
}

function isErrorEvent(eventType: RechoEventType): boolean {
  return eventType.endsWith("_ERROR") || eventType.endsWith("_EXCEEDED");
}

function errorOfFault({ code, message, at, where, phase }: CallFault): RechoError {
  return { code, message, timestamp: at, where, phase, stacktrace: null };
}

function errorOfEnd({ endReason, because, createdAt, states }: OutcomeView): RechoError {
  const endedAtMs = states.at(-1)?.atMs ?? 0;
  return {
    code: endReason,
    message: because.text,
    timestamp: new Date(Date.parse(createdAt) + endedAtMs).toISOString(),
    where: "call",
    phase: states.at(-2)?.state ?? "pending",
    stacktrace: null,
  };
}
