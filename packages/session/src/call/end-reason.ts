import type { EndedBy } from "../vocabulary.js";
import type { TerminalState } from "./call-state.js";

export type EndReasonCategory =
  | "conversation"
  | "not_connected"
  | "canceled"
  | "not_placed"
  | "error";

interface EndReasonRow {
  /** The states a call with this reason may end in; the first is the usual one. */
  readonly finalStates: readonly TerminalState[];
  readonly category: EndReasonCategory;
  /** Whether a later attempt at the same number may go better. */
  readonly retryable: boolean;
  /** Who ends a call for this reason when the facts do not say otherwise. */
  readonly endedBy: EndedBy;
  /** What happened, in one line. */
  readonly meaning: string;
  /** What to do next, in one line. */
  readonly advice: string;
  /** The final responses that mean this when nothing more specific was said (RFC 3261 21). */
  readonly sip?: readonly number[];
  /** The Q.850 causes that refine a vague final response to this. */
  readonly q850?: readonly number[];
  /** Agent code may give it: `session.end({ reason })`. */
  readonly agentMayGive?: true;
}

/**
 * Every reason a call can end for. Types, the decision procedure, docs and dialects are all made
 * from this one table. The first ten names of seed 000 are verbatim.
 */
export const END_REASONS = {
  USER_HUNG_UP_IN_CALL: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: false,
    endedBy: "user",
    meaning: "The far side hung up during the conversation.",
    advice: "Nothing to do; the conversation took place.",
  },
  AGENT_HUNG_UP: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: false,
    endedBy: "agent",
    meaning: "The agent hung up, for no more specific reason.",
    advice: "Nothing to do; the conversation took place.",
    agentMayGive: true,
  },
  AGENT_HUNG_UP_SILENCE_DETECTED: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: true,
    endedBy: "agent",
    meaning: "The agent hung up after prolonged silence of the user.",
    advice: "Try again later, or raise limits.userSilenceMs.",
    agentMayGive: true,
  },
  AGENT_HUNG_UP_VOICEMAIL_DETECTED: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: true,
    endedBy: "agent",
    meaning: "A machine took the call after it connected.",
    advice: "Try again at another time of day, or leave a message.",
    agentMayGive: true,
  },
  AGENT_HUNG_UP_IVR_DETECTED: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: false,
    endedBy: "agent",
    meaning: "A menu took the call and the agent's policy is to hang up.",
    advice: "Let the agent navigate the menu, or use a direct number.",
    agentMayGive: true,
  },
  AGENT_HUNG_UP_FAX_DETECTED: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: false,
    endedBy: "agent",
    meaning: "A fax machine took the call.",
    advice: "Mark the number as a fax line.",
    agentMayGive: true,
  },
  AGENT_HUNG_UP_SCREENING_DETECTED: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: true,
    endedBy: "agent",
    meaning: "A call-screening assistant took the call and the agent's policy is to hang up.",
    advice: "Announce who calls and why, or try again later.",
    agentMayGive: true,
  },
  AGENT_HUNG_UP_SCAM_DETECTED: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: false,
    endedBy: "agent",
    meaning: "The agent judged the call a scam and ended it.",
    advice: "Review the conversation before calling again.",
    agentMayGive: true,
  },
  CALL_TRANSFERRED: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: false,
    endedBy: "agent",
    meaning: "The call was handed over: the REFER's NOTIFY reported success, or it was bridged.",
    advice: "Nothing to do; somebody else has the caller.",
  },
  MAX_DURATION_REACHED: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: false,
    endedBy: "runtime",
    meaning: "The hard cap on the call's length was hit.",
    advice: "Raise limits.maxDurationMs if the conversation was going well.",
  },
  IDLE_TIMEOUT: {
    finalStates: ["ended"],
    category: "conversation",
    retryable: true,
    endedBy: "runtime",
    meaning: "No RTP came and the agent did nothing for too long; the call was reaped.",
    advice: "Look for a far side that vanished without BYE.",
  },
  NO_AUDIO_RECEIVED: {
    finalStates: ["ended"],
    category: "error",
    retryable: true,
    endedBy: "runtime",
    meaning: "The call connected but no RTP ever arrived.",
    advice: "Check NAT, firewall and the address in our SDP.",
  },
  USER_DID_NOT_PICK_UP: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: true,
    endedBy: "runtime",
    meaning: "It rang and nobody answered.",
    advice: "Try again at another time of day.",
    q850: [18, 19],
  },
  USER_HUNG_UP_RINGING: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "user",
    meaning: "The user rejected the call while it rang, or the caller gave up before answer.",
    advice: "Do not call again at once.",
    sip: [603],
    q850: [21],
  },
  USER_BUSY: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: true,
    endedBy: "user",
    meaning: "The line was busy.",
    advice: "Try again in a few minutes.",
    sip: [486, 600],
    q850: [17],
  },
  USER_UNREACHABLE: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: true,
    endedBy: "carrier",
    meaning: "The phone is off, out of area or not registered.",
    advice: "Try again in some hours.",
    q850: [20, 27],
  },
  VOICEMAIL_DETECTED_PRECONNECT: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: true,
    endedBy: "carrier",
    meaning: "Voicemail would have taken the call; it never connected.",
    advice: "Try again at another time of day.",
  },
  NUMBER_CHANGED: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "carrier",
    meaning: "The number has changed.",
    advice: "Look for the new number.",
    sip: [410],
    q850: [22],
  },
  SIP_FAILED_WRONG_NUMBER: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "carrier",
    meaning: "The number does not exist or is not in service.",
    advice: "Mark the number as unreachable.",
    sip: [404, 484, 485, 604, 416],
    q850: [1, 3, 28],
  },
  SIP_FAILED_NUMBER_BLOCKED: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "carrier",
    meaning: "The carrier or network blocked the call.",
    advice: "Ask the carrier why; do not retry from the same number.",
    sip: [403],
    q850: [55, 57],
  },
  SIP_FAILED_MARKED_AS_SPAM: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "carrier",
    meaning: "The call was refused as unwanted (607) or by an analytics engine (608).",
    advice: "Use the redress address, if one was given.",
    sip: [607, 608],
  },
  SIP_FAILED_AUTHENTICATION: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "carrier",
    meaning: "The trunk did not accept our credentials.",
    advice: "Check user name, password and realm of the trunk.",
    sip: [401, 407],
  },
  SIP_FAILED_PROVIDER_UNAVAILABLE: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: true,
    endedBy: "carrier",
    meaning: "The provider is down, full or did not respond.",
    advice: "Try again shortly, or use another trunk.",
    sip: [500, 502, 503, 504],
    q850: [34, 38, 41, 42, 44, 47, 58, 88, 102],
  },
  SIP_FAILED_ROUTING: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "carrier",
    meaning: "The call ran in circles: too many hops, a loop or endless redirects.",
    advice: "Check the trunk's routing.",
    sip: [482, 483],
  },
  SIP_FAILED_MEDIA: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "carrier",
    meaning: "No media could be agreed.",
    advice: "Compare the codecs and SRTP mode with what the trunk offers.",
    sip: [488, 415, 580, 606],
    q850: [65],
  },
  SIP_FAILED_PAYMENT_REQUIRED: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "carrier",
    meaning: "The provider wants payment first.",
    advice: "Settle the account with the provider.",
    sip: [402],
  },
  SIP_FAILED_UNKNOWN: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: true,
    endedBy: "carrier",
    meaning: "A final response that means nothing more specific.",
    advice: "Read the status and phrase kept as evidence.",
  },
  CANCELED: {
    finalStates: ["canceled"],
    category: "canceled",
    retryable: true,
    endedBy: "api",
    meaning: "Withdrawn by the program that placed it, before it connected.",
    advice: "Nothing to do.",
  },
  INVALID_DESTINATION: {
    finalStates: ["not_connected"],
    category: "not_placed",
    retryable: false,
    endedBy: "runtime",
    meaning: "The destination is neither an E.164 number nor a SIP URI; nothing was sent.",
    advice: "Correct the number: a plus, the country code, then digits.",
  },
  NUMBER_SUPPRESSED: {
    finalStates: ["not_connected"],
    category: "not_placed",
    retryable: false,
    endedBy: "runtime",
    meaning: "The number is on the do-not-call list; nothing was sent.",
    advice: "Leave it be.",
  },
  DIAL_WINDOW_EXPIRED: {
    finalStates: ["not_connected"],
    category: "not_placed",
    retryable: false,
    endedBy: "runtime",
    meaning: "The allowed hours closed before the call could be placed.",
    advice: "Plan the call for the next window.",
  },
  MAX_ATTEMPTS_REACHED: {
    finalStates: ["not_connected"],
    category: "not_placed",
    retryable: false,
    endedBy: "runtime",
    meaning: "The redial attempts of this contact are used up.",
    advice: "Reach the contact another way.",
  },
  CONCURRENCY_LIMIT_EXCEEDED: {
    finalStates: ["not_connected"],
    category: "not_placed",
    retryable: true,
    endedBy: "runtime",
    meaning: "Too many calls at once; this one was not placed, or was refused.",
    advice: "Try again when a call has ended, or raise maxSessions.",
  },
  RATE_LIMIT_EXCEEDED: {
    finalStates: ["not_connected"],
    category: "not_placed",
    retryable: true,
    endedBy: "runtime",
    meaning: "A configured rate was used up; nothing was sent.",
    advice: "Try again with backoff.",
  },
  HEALTHCHECK_FAILED: {
    finalStates: ["not_connected"],
    category: "not_placed",
    retryable: true,
    endedBy: "runtime",
    meaning: "The trunk failed its OPTIONS check; nothing was sent.",
    advice: "Run offhook doctor against the trunk.",
  },
  REGISTERED_CALL_TIMEOUT: {
    finalStates: ["canceled"],
    category: "not_placed",
    retryable: true,
    endedBy: "runtime",
    meaning: "The call was created but not placed within its limit.",
    advice: "Place calls sooner, or raise limits.registeredCallMs.",
  },
  AGENT_REJECTED: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: false,
    endedBy: "agent",
    meaning: "Our side rejected or redirected an inbound call before answering.",
    advice: "Nothing to do.",
    agentMayGive: true,
  },
  RUNTIME_SHUTDOWN: {
    finalStates: ["ended", "canceled"],
    category: "error",
    retryable: true,
    endedBy: "runtime",
    meaning: "The runtime shut down and its drain deadline passed.",
    advice: "Place the call again; give drain more time.",
  },
  USER_DID_NOT_JOIN: {
    finalStates: ["not_connected"],
    category: "not_connected",
    retryable: true,
    endedBy: "user",
    meaning: "A web call that nobody joined in time.",
    advice: "Invite the user again.",
  },
  AGENT_ERROR: {
    finalStates: ["ended", "not_connected"],
    category: "error",
    retryable: true,
    endedBy: "agent",
    meaning: "The agent's own entry function threw.",
    advice: "Read the error kept as evidence.",
  },
  ASR_ERROR: {
    finalStates: ["ended"],
    category: "error",
    retryable: true,
    endedBy: "agent",
    meaning: "The transcriber failed beyond recovery.",
    advice: "Check the transcriber's account and status.",
    agentMayGive: true,
  },
  TTS_ERROR: {
    finalStates: ["ended"],
    category: "error",
    retryable: true,
    endedBy: "agent",
    meaning: "The voice failed beyond recovery.",
    advice: "Check the voice's account and status.",
    agentMayGive: true,
  },
  LLM_ERROR: {
    finalStates: ["ended"],
    category: "error",
    retryable: true,
    endedBy: "agent",
    meaning: "The language model failed beyond recovery.",
    advice: "Check the model's account and status.",
    agentMayGive: true,
  },
  LLM_WEBSOCKET_OPEN_FAILED: {
    finalStates: ["ended"],
    category: "error",
    retryable: true,
    endedBy: "agent",
    meaning: "The custom model's socket could not be opened.",
    advice: "Check its URL and reachability.",
    agentMayGive: true,
  },
  LLM_WEBSOCKET_LOST: {
    finalStates: ["ended"],
    category: "error",
    retryable: true,
    endedBy: "agent",
    meaning: "The custom model's socket dropped during the call.",
    advice: "Check the server's stability and pings.",
    agentMayGive: true,
  },
  LLM_WEBSOCKET_RUNTIME_ERROR: {
    finalStates: ["ended"],
    category: "error",
    retryable: true,
    endedBy: "agent",
    meaning: "The custom model's server closed its socket with an error.",
    advice: "Read the server's log for the close code.",
    agentMayGive: true,
  },
  LLM_WEBSOCKET_CORRUPT_PAYLOAD: {
    finalStates: ["ended"],
    category: "error",
    retryable: false,
    endedBy: "agent",
    meaning: "The custom model's server sent what its protocol does not allow.",
    advice: "Compare its messages with the protocol.",
    agentMayGive: true,
  },
  RUNTIME_LOST: {
    finalStates: ["ended", "not_connected"],
    category: "error",
    retryable: true,
    endedBy: "runtime",
    meaning: "The process died during the call; the call was closed on recovery.",
    advice: "Look for a crash or a kill.",
  },
  INTERNAL_ERROR: {
    finalStates: ["ended", "not_connected", "canceled"],
    category: "error",
    retryable: true,
    endedBy: "runtime",
    meaning: "A defect in offhook; the cause is kept as evidence.",
    advice: "Report it with the journal.",
  },
} as const satisfies Record<string, EndReasonRow>;

/** The closed set. */
export type EndReason = keyof typeof END_REASONS;

/** As it travels: a reader that meets a name it does not know treats it as a generic failure. */
export type EndReasonOnWire = EndReason | (string & Record<never, never>);

/** The reasons that agent code may end a call with. */
export type AgentEndReason = {
  [Name in EndReason]: (typeof END_REASONS)[Name] extends { readonly agentMayGive: true }
    ? Name
    : never;
}[EndReason];

export function endReasonRow(reason: EndReason): EndReasonRow {
  return END_REASONS[reason];
}

export function isEndReason(value: unknown): value is EndReason {
  return typeof value === "string" && Object.hasOwn(END_REASONS, value);
}

export function isAgentEndReason(value: unknown): value is AgentEndReason {
  return isEndReason(value) && endReasonRow(value).agentMayGive === true;
}

/** The reason for a final response by its code alone, or undefined where the code says too little. */
export function endReasonOfSip(status: number): EndReason | undefined {
  return sipReasons.get(status);
}

/** The reason that a Q.850 cause refines a vague response to; undefined for 16, 31, 127 and others. */
export function endReasonOfQ850(cause: number): EndReason | undefined {
  return q850Reasons.get(cause);
}

const sipReasons = indexBy("sip");
const q850Reasons = indexBy("q850");

function indexBy(column: "sip" | "q850"): ReadonlyMap<number, EndReason> {
  const index = new Map<number, EndReason>();
  for (const reason of Object.keys(END_REASONS) as EndReason[])
    for (const code of endReasonRow(reason)[column] ?? []) index.set(code, reason);
  return index;
}
