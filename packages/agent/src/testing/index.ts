/** Doubles for the conversation ports: instant, or as slow and broken as a test wants them. */
export {
  type HummingVoiceOptions,
  hummingVoice,
  type ScriptedTranscriberOptions,
  scriptedModel,
  scriptedTranscriber,
} from "./fake-ports.js";
export {
  type DoubleAnswer,
  type RealtimeDouble,
  type RealtimeDoubleOptions,
  startRealtimeDouble,
} from "./openai-realtime-double.js";
