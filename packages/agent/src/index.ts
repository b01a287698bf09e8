export {
  AgentRunner,
  type AgentRunnerOptions,
  type PlaceOptions,
  type RunnerHooks,
  type RunningCall,
} from "./agent-runner.js";
export { AgentSession } from "./agent-session.js";
export type { CallContext } from "./call-context.js";
export { type Call, type Calls, createCalls } from "./calls.js";
export {
  type Agent,
  type AgentDefinition,
  type AnswerContext,
  defineAgent,
  type HangUpLabel,
  isAgent,
} from "./define-agent.js";
export type { DetectedOptions, DetectedResult } from "./detected.js";
export type { ListenOptions, ListenResult } from "./listen.js";
export { outcomeLine } from "./outcome-line.js";
export type { PlayOptions, PlayResult } from "./play.js";
export { SessionData } from "./session-data.js";
