/** Doubles for tests, yours and ours: virtual time, a simulated carrier, a real one on loopback. */
export { silence, type ToneOptions, tone } from "../media/send/tones.js";
export { CLIPS, type ClipName, clipPath, isClipName, loadClip } from "./clips.js";
export {
  type CarrierContractOptions,
  type CarrierUnderTest,
  describeCarrier,
  type TestRunner,
} from "./contract.js";
export {
  type RunUntilOptions,
  type VirtualClock,
  type VirtualClockOptions,
  virtualClock,
} from "./fake-clock.js";
export { audibleStretches, type Heard, type HeardDigit, type Stretch } from "./heard-audio.js";
export type { CallerOutcome, CallInOptions, IncomingCall } from "./incoming-call.js";
export { LABEL_NUMBERS, type LabelRow } from "./label-numbers.js";
export {
  type LoopbackCarrier,
  type LoopbackCarrierOptions,
  startLoopbackCarrier,
} from "./loopback-carrier.js";
export {
  type AnsweredNumber,
  calleesOf,
  LOOPBACK_CREDENTIALS,
  LOOPBACK_NUMBERS,
  type NumberOptions,
  type NumberRow,
  numberTable,
} from "./numbers.js";
export {
  Callee,
  type CalleeScript,
  Caller,
  type CallerScript,
  type ChallengeOptions,
  type RejectScenarioOptions,
  type RingOptions,
  type ScriptedCall,
} from "./scenario.js";
export type { Challenge, Scenario, ScenarioStep } from "./scenario-step.js";
export {
  type SimulateCarrierOptions,
  type SimulatedCarrier,
  simulateCarrier,
} from "./simulated-carrier.js";
