/** Every error offhook throws, by code. The docs' error page is made from this table. */
export const ERROR_CODES = {
  INVALID_OPTION: "An option is missing, of the wrong type or out of range.",
  INVALID_DESTINATION: "The number or address to dial is neither E.164 nor a SIP URI.",
  INVALID_AUDIO: "The audio is not in a format offhook can play or read.",
  INVALID_AGENT: "The agent file does not export what defineAgent() returns.",
  INVALID_SDP: "The session description cannot be parsed or offers nothing usable.",
  INVALID_JOURNAL: "A line of the journal is not what the journal's schema says.",
  JOURNAL_UNWRITABLE: "The journal's file cannot be made or written.",
  INVALID_MESSAGE: "A SIP message cannot be parsed.",
  AGENT_FILE_UNREADABLE: "The agent file cannot be found, read or loaded.",
  ADDRESS_IN_USE: "The address to listen on is already taken.",
  ADDRESS_UNRESOLVED: "The host name has no address.",
  TRANSPORT_FAILED: "The network connection could not be made or broke.",
  CALL_ENDED: "The call is over; the operation came too late.",
  CALL_NOT_ACTIVE: "The operation needs an answered call.",
  WRONG_STATE: "The operation does not fit the call's state or direction.",
  NO_SUCH_CALL: "No call has this id.",
  SHUTTING_DOWN: "The runner is draining and takes no new calls.",
  AGENT_THREW: "The agent's own code threw.",
  HOOK_THREW: "A hook threw or rejected.",
  HOOK_TIMED_OUT: "A hook did not settle before its deadline.",
  DETECTOR_FAILED: "A detector threw or was too slow and was dropped for this call.",
  SETUP_TIMED_OUT: "The agent's setup() did not settle before its deadline.",
  MEDIA_FAILED: "The media plane failed for this call.",
  MEDIA_OVERLOADED: "The media threads carry as many calls as they can; this one is one too many.",
  CLOCK_STUCK: "Virtual time has nothing left to do, yet what is awaited has not settled.",
  UNSUPPORTED: "This build or peer does not offer what was asked for.",
  TRANSCRIBER_FAILED: "The transcriber threw or closed in the middle of a call.",
  TRANSCRIBER_STALLED: "The user spoke and the transcriber gave no text for it.",
  VOICE_FAILED: "The voice threw before it had spoken what it was given.",
  VOICE_STALLED: "The voice gave no audio before its deadline.",
  VOICE_LATE: "The voice gave its first audio later than it should.",
  MODEL_FAILED: "The language model threw.",
  MODEL_STALLED: "The language model gave no answer before its deadline.",
  MODEL_LATE: "The language model began its answer later than it should.",
  LLM_SOCKET_OPEN_FAILED: "The custom model's WebSocket could not be opened.",
  LLM_SOCKET_LOST: "The custom model's WebSocket dropped, or stopped answering pings.",
  LLM_SOCKET_RUNTIME: "The custom model's server closed its WebSocket with an error code.",
  LLM_SOCKET_CORRUPT_PAYLOAD: "The custom model's server sent what its protocol does not allow.",
  REALTIME_FAILED: "The realtime model's connection failed or it reported an error.",
  ROOM_FAILED: "The room could not be joined, or was left against our will.",
  INTERNAL: "A defect in offhook; please report it.",
} as const;

export type OffhookErrorCode = keyof typeof ERROR_CODES;

const brand = Symbol.for("offhook.error");

export interface OffhookErrorOptions {
  /** What to do about it, in words for the person who sees it. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** The one error class. Test with `isOffhookError`, which also works across copies of the package. */
export class OffhookError extends Error {
  readonly code: OffhookErrorCode;
  readonly remedy: string | undefined;

  constructor(code: OffhookErrorCode, message: string, options: OffhookErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "OffhookError";
    this.code = code;
    this.remedy = options.remedy;
    Object.defineProperty(this, brand, { value: true });
  }
}

export function isOffhookError(error: unknown, code?: OffhookErrorCode): error is OffhookError {
  if (!(error instanceof Error) || !(brand in error)) return false;
  return code === undefined || ("code" in error && error.code === code);
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "Something was thrown that cannot be put into words.";
  }
}
