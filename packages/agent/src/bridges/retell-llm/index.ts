/** A custom model behind a WebSocket, in Retell's protocol. */
export { type RetellLlmOptions, retellLlm } from "./retell-llm.js";
