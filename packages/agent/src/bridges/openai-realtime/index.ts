/** OpenAI's Realtime API, in the telephone's own codec. */
export { type OpenAiRealtimeOptions, openAiRealtime } from "./openai-realtime.js";
