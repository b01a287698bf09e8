/** For tests of detectors, built-in or your own. Needs no test runner by itself. */
export { type DetectorCase, describeDetector, type TestRunner } from "./describe-detector.js";
export { type Replay, type ReplayOptions, replayAudio } from "./replay-audio.js";
