/** For tests of detectors, built-in or your own. Needs no test runner by itself. */
export type { GreetingModel, StageModel } from "../greeting/additive-model.js";
export {
  CADENCE_FEATURES,
  type Cadence,
  CadenceFollower,
  type Stage,
} from "../greeting/cadence.js";
export { opinionOf } from "../greeting/opinion.js";
export { type Replay, type ReplayOptions, replayAudio } from "../replay/replay-audio.js";
export { type DetectorCase, describeDetector, type TestRunner } from "./describe-detector.js";
