/** For tests of detectors, built-in or your own. Needs no test runner by itself. */
export {
  CADENCE_FEATURES,
  type Cadence,
  CadenceFollower,
  type Stage,
} from "../greeting/cadence.js";
export { type Replay, type ReplayOptions, replayAudio } from "../replay/replay-audio.js";
export { type DetectorCase, describeDetector, type TestRunner } from "./describe-detector.js";
