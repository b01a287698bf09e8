export type {
  CallEffect,
  CallInput,
  CallSnapshot,
  CallTimer,
  Transition,
} from "./call/call-input.js";
export { advance, openCall } from "./call/call-machine.js";
export {
  CallSession,
  type CallSessionOptions,
  type DialOptions,
  type EndOptions,
} from "./call/call-session.js";
export {
  type CallLimits,
  type CallLimitsInput,
  type CallSettings,
  type CarrierProfile,
  type CarrierProfileInput,
  callLimitsSchema,
  carrierProfileSchema,
  DEFAULT_LIMITS,
  resolveLimits,
} from "./call/call-settings.js";
export {
  CALL_STATES,
  type CallState,
  isTerminal,
  mayFollow,
  type TerminalState,
  type VisibleStatus,
  visibleStatus,
} from "./call/call-state.js";
export type { CallTap } from "./call/call-tap.js";
export { customHeadersSchema } from "./call/custom-headers.js";
export { decideEnd, type EndDecision } from "./call/decide-end.js";
export {
  type AgentEndReason,
  END_REASONS,
  type EndReason,
  type EndReasonCategory,
  type EndReasonOnWire,
  endReasonOfQ850,
  endReasonOfSip,
  endReasonRow,
  isAgentEndReason,
  isEndReason,
} from "./call/end-reason.js";
export type { CallFacts, Ending, ProvisionalEntry } from "./call/facts.js";
export type { MediaReport } from "./call/media-report.js";
export {
  type CallIdentity,
  type CallOutcome,
  outcomeOf,
  type SipEvidence,
  type StateEntry,
} from "./call/outcome.js";
export type {
  CallerIdentity,
  Carrier,
  CarrierHealth,
  Destination,
  InboundLeg,
  InboundOffer,
  LegSink,
  OutboundLeg,
  PlaceCallRequest,
  ReasonToSend,
  RejectOptions,
  TrunkState,
} from "./carrier.js";
export { type Clock, systemClock, type TimerHandle } from "./clock.js";
export {
  ERROR_CODES,
  isOffhookError,
  messageOf,
  OffhookError,
  type OffhookErrorCode,
  type OffhookErrorOptions,
} from "./errors.js";
export {
  EventHub,
  type EventHubOptions,
  type Hook,
  type HookFault,
  type HookTiming,
} from "./event-hub.js";
export type { CallEvent, FollowedTransfer, SessionEvents, TransferDecision } from "./events.js";
export { LiveSet } from "./live-set.js";
export { type Logger, maskNumber, silentLogger } from "./logger.js";
export type {
  CallAudio,
  CallSampleRate,
  MediaLeg,
  MediaRecording,
  MediaStats,
  SendDtmfOptions,
} from "./media/call-audio.js";
export { decodeG711, encodeG711, type G711Law } from "./media/codecs/g711.js";
export { Resampler, resample } from "./media/codecs/resample.js";
export { createMediaPlane, type MediaPlaneOptions } from "./media/create-media-plane.js";
export type {
  AgreedMedia,
  CodecOffer,
  DigitsInSound,
  MediaDirection,
  MediaPlane,
  MediaPort,
  MediaSignal,
  OpenMediaOptions,
} from "./media/media-plane.js";
export { IncomingAudio } from "./media/receive/incoming-audio.js";
export { channelOf, readWav, type WavAudio, writeWav } from "./media/recording/wav.js";
export { type AudioSource, audioFrames, loadAudio } from "./media/send/audio-source.js";
export { type Played, Playout } from "./media/send/playout.js";
export { WriteGate } from "./media/send/write-gate.js";
export { type Random, seededRandom, systemRandom } from "./random.js";
export type { ListenAddress } from "./sip/endpoint.js";
export type { SrtpPolicy } from "./sip/message/sdes.js";
export { callerIdSchema } from "./sip/route/caller-id.js";
export {
  createSipCarrier,
  type InboundSettings,
  type SipCarrier,
  type SipCarrierOptions,
  type SipTrunk,
} from "./sip/sip-carrier.js";
export type { PingOptions, PingResult } from "./sip/trunk/options-ping.js";
export type {
  AnswerResponse,
  AudioFrame,
  CallDirection,
  CallFault,
  CallPhase,
  CallSignal,
  EndedBy,
  FinalResponse,
  HeardFrame,
  LegSignal,
  MessageProgress,
  ProvisionalResponse,
  Q850Location,
  ReasonEvidence,
  RetargetEvidence,
  TransferProgress,
  TransferRequest,
  Verdict,
  VerdictEvidence,
  VerdictLabel,
} from "./vocabulary.js";
