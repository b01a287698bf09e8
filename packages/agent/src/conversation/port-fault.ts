import {
  type AgentEndReason,
  isOffhookError,
  messageOf,
  OffhookError,
  type OffhookErrorCode,
} from "@offhook/session";

export type Port = "transcriber" | "voice" | "model";

const failed = {
  transcriber: "TRANSCRIBER_FAILED",
  voice: "VOICE_FAILED",
  model: "MODEL_FAILED",
} as const satisfies Record<Port, OffhookErrorCode>;

/** The reason a call ends with when the port is beyond recovery. */
const endReasons: Record<Port, AgentEndReason> = {
  transcriber: "ASR_ERROR",
  voice: "TTS_ERROR",
  model: "LLM_ERROR",
};

/** The custom model's socket has reasons of its own (seed 004). */
const socketReasons: Partial<Record<OffhookErrorCode, AgentEndReason>> = {
  LLM_SOCKET_OPEN_FAILED: "LLM_WEBSOCKET_OPEN_FAILED",
  LLM_SOCKET_LOST: "LLM_WEBSOCKET_LOST",
  LLM_SOCKET_RUNTIME: "LLM_WEBSOCKET_RUNTIME_ERROR",
  LLM_SOCKET_CORRUPT_PAYLOAD: "LLM_WEBSOCKET_CORRUPT_PAYLOAD",
};

/** What a port threw, as a typed error: its own if it has a code already. */
export function portFault(port: Port, thrown: unknown): OffhookError {
  if (isOffhookError(thrown)) return thrown;
  return new OffhookError(failed[port], `The ${port} failed: ${messageOf(thrown).slice(0, 200)}`, {
    cause: thrown,
  });
}

export function endReasonOfFault(port: Port, fault: OffhookError): AgentEndReason {
  return socketReasons[fault.code] ?? endReasons[port];
}
