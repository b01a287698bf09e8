import type { EndReason } from "../call/end-reason.js";
import {
  type AttemptFacts,
  type CallView,
  exactly,
  isOngoing,
  type KnownOutcome,
  knownOutcome,
  type OngoingPhase,
  reachedMachine,
  roughly,
  type TranslateOptions,
  type Translation,
} from "./translation.js";

/** The statuses of seed 003, spelled as it spells them. */
export const MESSENGER_STATUSES = [
  "Queued",
  "In-progress",
  "Completed",
  "Failed",
  "No-answer",
  "Cancelled",
  "TryNumber1",
  "TryNumber2",
  "TryNumber3",
  "Busy",
  "Ringing",
  "Outgoing",
  "Far End Disconnect",
  "Network Disconnect",
  "Connected – Answered",
  "Connected - Answer machine",
  "Connected - No response",
] as const;

export type MessengerStatus = (typeof MESSENGER_STATUSES)[number];

/** What the standard test message found out: a key was pressed, none was, or they hung up on it. */
export type TestPrompt = "key_pressed" | "no_key" | "hung_up";

export interface MessengerOptions extends TranslateOptions {
  /** Absent for a contact with one number. */
  readonly attempt?: AttemptFacts;
  /** A message for answer machines was set, so the Connected kinds apply. */
  readonly machineMessage?: boolean;
  /** Absent when no test message was played. */
  readonly testPrompt?: TestPrompt;
}

/** Theirs rings for 30 s and disconnects, as ours does unless `limits.ringMs` says otherwise. */
const PHASES = {
  pending: exactly("Queued"),
  dialing: roughly("Queued"),
  ringing: exactly("Ringing"),
  active: exactly("In-progress"),
} as const satisfies Record<OngoingPhase, Translation<MessengerStatus>>;

/** What the network said in words, by the verdict's announcement kind. It goes before the reason. */
const ANNOUNCEMENTS: Readonly<Record<string, Translation<MessengerStatus>>> = {
  number_changed: exactly("Outgoing"),
  temporarily_unavailable: exactly("Far End Disconnect"),
  disconnected: exactly("Far End Disconnect"),
  sit_intercept: exactly("Far End Disconnect"),
  circuits_busy: roughly("Far End Disconnect"),
  sit_no_circuit: roughly("Far End Disconnect"),
  sit_reorder: roughly("Far End Disconnect"),
  not_in_service: exactly("Network Disconnect"),
  sit_vacant: exactly("Network Disconnect"),
};

const TEST_PROMPTS = {
  key_pressed: exactly("Connected – Answered"),
  no_key: exactly("Connected - Answer machine"),
  hung_up: exactly("Connected - No response"),
} as const satisfies Record<TestPrompt, Translation<MessengerStatus>>;

/** Without an announcement, a machine message or further numbers. */
const REASONS = {
  USER_HUNG_UP_IN_CALL: exactly("Completed"),
  AGENT_HUNG_UP: exactly("Completed"),
  AGENT_HUNG_UP_SILENCE_DETECTED: exactly("Completed"),
  AGENT_HUNG_UP_VOICEMAIL_DETECTED: roughly("Completed"),
  AGENT_HUNG_UP_IVR_DETECTED: exactly("Completed"),
  AGENT_HUNG_UP_FAX_DETECTED: exactly("Completed"),
  AGENT_HUNG_UP_SCREENING_DETECTED: exactly("Completed"),
  AGENT_HUNG_UP_SCAM_DETECTED: exactly("Completed"),
  CALL_TRANSFERRED: exactly("Completed"),
  MAX_DURATION_REACHED: exactly("Completed"),
  IDLE_TIMEOUT: roughly("Completed"),
  NO_AUDIO_RECEIVED: roughly("Completed"),
  USER_DID_NOT_PICK_UP: exactly("No-answer"),
  USER_HUNG_UP_RINGING: roughly("No-answer"),
  USER_BUSY: exactly("Busy"),
  USER_UNREACHABLE: roughly("Far End Disconnect"),
  VOICEMAIL_DETECTED_PRECONNECT: roughly("No-answer"),
  NUMBER_CHANGED: roughly("Outgoing"),
  SIP_FAILED_WRONG_NUMBER: exactly("Failed"),
  SIP_FAILED_NUMBER_BLOCKED: roughly("Failed"),
  SIP_FAILED_MARKED_AS_SPAM: roughly("Failed"),
  SIP_FAILED_AUTHENTICATION: roughly("Failed"),
  SIP_FAILED_PROVIDER_UNAVAILABLE: roughly("Failed"),
  SIP_FAILED_ROUTING: roughly("Failed"),
  SIP_FAILED_MEDIA: roughly("Failed"),
  SIP_FAILED_PAYMENT_REQUIRED: roughly("Failed"),
  SIP_FAILED_UNKNOWN: roughly("Failed"),
  CANCELED: exactly("Cancelled"),
  INVALID_DESTINATION: exactly("Failed"),
  NUMBER_SUPPRESSED: roughly("Failed"),
  DIAL_WINDOW_EXPIRED: roughly("Failed"),
  MAX_ATTEMPTS_REACHED: exactly("Failed"),
  CONCURRENCY_LIMIT_EXCEEDED: roughly("Failed"),
  RATE_LIMIT_EXCEEDED: roughly("Failed"),
  HEALTHCHECK_FAILED: roughly("Failed"),
  REGISTERED_CALL_TIMEOUT: roughly("Cancelled"),
  AGENT_REJECTED: roughly("Failed"),
  RUNTIME_SHUTDOWN: roughly("Failed"),
  USER_DID_NOT_JOIN: roughly("No-answer"),
  AGENT_ERROR: roughly("Failed"),
  ASR_ERROR: roughly("Failed"),
  TTS_ERROR: roughly("Failed"),
  LLM_ERROR: roughly("Failed"),
  LLM_WEBSOCKET_OPEN_FAILED: roughly("Failed"),
  LLM_WEBSOCKET_LOST: roughly("Failed"),
  LLM_WEBSOCKET_RUNTIME_ERROR: roughly("Failed"),
  LLM_WEBSOCKET_CORRUPT_PAYLOAD: roughly("Failed"),
  RUNTIME_LOST: roughly("Failed"),
  INTERNAL_ERROR: roughly("Failed"),
} as const satisfies Record<EndReason, Translation<MessengerStatus>>;

/** Null where one name of theirs covers several of ours, or names no end. */
const FROM_MESSENGER: Readonly<Record<MessengerStatus, EndReason | null>> = {
  Queued: null,
  "In-progress": null,
  Completed: null,
  Failed: null,
  "No-answer": "USER_DID_NOT_PICK_UP",
  Cancelled: "CANCELED",
  TryNumber1: null,
  TryNumber2: null,
  TryNumber3: null,
  Busy: "USER_BUSY",
  Ringing: null,
  Outgoing: "NUMBER_CHANGED",
  "Far End Disconnect": null,
  "Network Disconnect": "SIP_FAILED_WRONG_NUMBER",
  "Connected – Answered": null,
  "Connected - Answer machine": "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
  "Connected - No response": "USER_HUNG_UP_IN_CALL",
};

/** Seed 003. */
export function toMessenger(
  call: CallView,
  options: MessengerOptions = {},
): Translation<MessengerStatus> {
  const { phase } = call;
  if (isOngoing(phase)) return trying(phase, options.attempt) ?? outboundOnly(call, PHASES[phase]);
  const outcome = knownOutcome(call, "messenger", options);
  return outboundOnly(call, outcome ? over(outcome, options) : roughly("Failed"));
}

/** Undefined for a name that is not theirs, that covers several of ours, or that names no end. */
export function fromMessenger(status: string): EndReason | undefined {
  if (!Object.hasOwn(FROM_MESSENGER, status)) return undefined;
  return FROM_MESSENGER[status as MessengerStatus] ?? undefined;
}

/** Their contacts are only ever called. */
function outboundOnly(
  { direction }: CallView,
  told: Translation<MessengerStatus>,
): Translation<MessengerStatus> {
  return direction === "outbound" ? told : roughly(told.value);
}

/** Until it is answered, a call to one of several numbers is told as which of them it tries. */
function trying(
  phase: OngoingPhase,
  attempt: AttemptFacts | undefined,
): Translation<MessengerStatus> | undefined {
  if (phase !== "dialing" && phase !== "ringing") return undefined;
  return attempt && attempt.of > 1 ? tryNumber(attempt.number) : undefined;
}

function tryNumber(number: number): Translation<MessengerStatus> {
  if (number === 1) return exactly("TryNumber1");
  if (number === 2) return exactly("TryNumber2");
  // They stop at three numbers per contact; further ones are told as the third.
  return { value: "TryNumber3", exact: number === 3 };
}

function over(outcome: KnownOutcome, options: MessengerOptions): Translation<MessengerStatus> {
  const { endReason, finalState } = outcome;
  if (finalState === "canceled") return REASONS[endReason];
  if (finalState === "not_connected" && options.attempt && options.attempt.of > 1)
    return failedAttempt(endReason, options.attempt);
  const said = announcementOf(outcome);
  if (said) return said;
  if (finalState === "ended" && options.machineMessage)
    return connected(outcome, options.testPrompt);
  return REASONS[endReason];
}

/** While there are further numbers the contact is still being tried; after the last it has failed. */
function failedAttempt(
  endReason: EndReason,
  { number, of }: AttemptFacts,
): Translation<MessengerStatus> {
  if (number < of && endReason !== "MAX_ATTEMPTS_REACHED") return tryNumber(number);
  return exactly("Failed");
}

function announcementOf({ verdict }: KnownOutcome): Translation<MessengerStatus> | undefined {
  if (verdict?.label !== "announcement" || verdict.kind === undefined) return undefined;
  return Object.hasOwn(ANNOUNCEMENTS, verdict.kind) ? ANNOUNCEMENTS[verdict.kind] : undefined;
}

function connected(
  outcome: KnownOutcome,
  testPrompt: TestPrompt | undefined,
): Translation<MessengerStatus> {
  if (testPrompt) return TEST_PROMPTS[testPrompt];
  if (reachedMachine(outcome)) return exactly("Connected - Answer machine");
  // Without a verdict nobody knows who it was; that it was picked up is certain.
  const { value } = TEST_PROMPTS.key_pressed;
  return { value, exact: outcome.verdict?.label === "human" };
}
