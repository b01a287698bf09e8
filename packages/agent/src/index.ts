export {
  AgentRunner,
  type AgentRunnerOptions,
  type PlaceOptions,
  type RunnerHooks,
  type RunningCall,
} from "./agent-runner.js";
export { AgentSession } from "./agent-session.js";
export type { AttendedTransferOptions } from "./attended-transfer.js";
export {
  type BroadcastDefinition,
  defineBroadcast,
  type Message,
  type TestPromptResult,
} from "./broadcast.js";
export type { CallContext } from "./call-context.js";
export { type Call, type Calls, createCalls } from "./calls.js";
export type { Conversation } from "./conversation/conversation.js";
export { type EspeakVoiceOptions, espeakVoice } from "./conversation/espeak-voice.js";
export { offlineVoice, PROMPTS } from "./conversation/offline-voice.js";
export type { ConversationOptions, Fallback, InactivityPrompt } from "./conversation/options.js";
export {
  type LanguageModel,
  languageModel,
  type ModelCall,
  type OpenModel,
  type PortCall,
  type ReplyCause,
  type ReplyPart,
  type ReplyRequest,
  type SpeakOptions,
  type Transcriber,
  type TranscriberListener,
  type TranscriberStream,
  type Transcript,
  type Turn,
  type Voice,
} from "./conversation/ports.js";
export type {
  RealtimeConversation,
  RealtimeOptions,
  ToolHook,
} from "./conversation/realtime/realtime-conversation.js";
export type {
  RealtimeCall,
  RealtimeConnection,
  RealtimeListener,
  RealtimeModel,
  RealtimeTool,
} from "./conversation/realtime/realtime-port.js";
export { recordedVoice } from "./conversation/recorded-voice.js";
export type { SayOptions } from "./conversation/say.js";
export type { Spoken } from "./conversation/speaker.js";
export type { SessionMetrics } from "./conversation/talk-meter.js";
export {
  type Agent,
  type AgentDefinition,
  type AnswerContext,
  defineAgent,
  type HangUpLabel,
  isAgent,
} from "./define-agent.js";
export type { DetectedOptions, DetectedResult } from "./detected.js";
export type { HoldOptions } from "./hold.js";
export type { InboundRoute } from "./inbound-routes.js";
export type { KeyPressResult } from "./key-press.js";
export type { ListenOptions, ListenResult } from "./listen.js";
export type { MenuStep, NavigateOptions, NavigateResult } from "./navigate.js";
export { outcomeLine } from "./outcome-line.js";
export type { PlayOptions, PlayResult } from "./play.js";
export { SessionData } from "./session-data.js";
export type { TransferOptions, TransferResult } from "./transfer.js";
export type { Unmet, WaitOptions } from "./wait-on-call.js";
