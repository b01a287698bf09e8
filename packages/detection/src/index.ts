/** What picked up: pluggable detectors that say why, over call signals and audio. */
export type { DeadAirOptions } from "./dead-air.js";
export { defaultDetectors } from "./default-detectors.js";
export {
  type Detector,
  type DetectorCall,
  type DetectorContext,
  type DetectorDefinition,
  type DetectorFactory,
  type DetectorInstance,
  type DetectorProfile,
  type DetectorReport,
  defineDetector,
} from "./detector.js";
export { beep } from "./detectors/beep.js";
export { callProgress } from "./detectors/call-progress.js";
export { earlySpeech } from "./detectors/early-speech.js";
export { fax } from "./detectors/fax.js";
export { greeting } from "./detectors/greeting.js";
export { humanHello } from "./detectors/human-hello.js";
export { music } from "./detectors/music.js";
export { postConnectVoicemail } from "./detectors/post-connect-voicemail.js";
export { preConnectVoicemail } from "./detectors/pre-connect-voicemail.js";
export { promptAndKeyPress } from "./detectors/prompt-and-key-press.js";
export { repeatedPrompt } from "./detectors/repeated-prompt.js";
export { screening } from "./detectors/screening.js";
export { silence } from "./detectors/silence.js";
export { specialInformationTone } from "./detectors/special-information-tone.js";
export {
  type TranscriberPort,
  type TranscriptOptions,
  transcript,
} from "./detectors/transcript.js";
export type { TranscriptModelPort, TranscriptOpinion } from "./detectors/transcript-model.js";
export { DetectionError } from "./errors.js";
export { explain } from "./explain.js";
export { VERDICT_LABELS } from "./fusion.js";
export {
  createPanel,
  type DetectorFault,
  type LedgerEntry,
  type Panel,
  type PanelCall,
  type PanelOptions,
} from "./panel.js";
export {
  checkRecording,
  type DetectedRecording,
  type DetectedVerdict,
  detectRecording,
  type RecordingToDetect,
} from "./replay/detect-recording.js";
export { type Axis, type Curve, type CurvesToDraw, drawCurves } from "./replay/draw-curves.js";
export {
  type LabelledRecording,
  type LabelledRing,
  type Tuned,
  type TunePoint,
  tuneGreeting,
  tuneVoicemailRing,
} from "./replay/tune.js";
export type { HeardAudio, HeardTone, Hop, TalkLevels, Utterance } from "./signal/heard-audio.js";
export { PowerSpectrum } from "./signal/power-spectrum.js";
