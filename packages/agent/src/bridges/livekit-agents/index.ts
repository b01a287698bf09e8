/** LiveKit Agents in this process, on a SIP leg: no server and no room. */
export { asLiveKitLlm, asLiveKitStt, asLiveKitTts } from "./livekit-ports.js";
export {
  type LiveKitRun,
  liveKitSession,
  type RunLiveKitAgentOptions,
  runLiveKitAgent,
} from "./run-livekit-agent.js";
