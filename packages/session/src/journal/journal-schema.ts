import { z } from "zod";
import type { CallInput, CallTimer } from "../call/call-input.js";
import { type CallSettings, carrierProfileSchema, DEFAULT_LIMITS } from "../call/call-settings.js";
import { CALL_STATES, type CallState } from "../call/call-state.js";
import { END_REASONS, type EndReason } from "../call/end-reason.js";
import type { MediaReport } from "../call/media-report.js";
import type { CallSignal, Verdict } from "../vocabulary.js";

/** The version a journal's header names. A reader takes its own version only. */
export const JOURNAL_VERSION = 1;

// Objects are loose: a field that a newer writer added is kept, the known ones are checked.
const atMs = z.number().min(0);
const wallTime = z.iso.datetime();
const direction = z.enum(["outbound", "inbound"]);
const endedBy = z.enum(["user", "agent", "api", "carrier", "runtime"]);
const endReason = z.enum(Object.keys(END_REASONS) as [EndReason, ...EndReason[]]);
const callState = z.enum(Object.keys(CALL_STATES) as [CallState, ...CallState[]]);
const callPhase = z.enum([...callState.options, "closing"]);
const strings = z.array(z.string());
const scalars = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

const settings: z.ZodType<CallSettings> = z.looseObject({
  limits: z.looseObject(
    Object.fromEntries(
      Object.keys(DEFAULT_LIMITS).map((name) => [name, z.number().min(0)]),
    ) as Record<keyof typeof DEFAULT_LIMITS, z.ZodNumber>,
  ),
  profile: carrierProfileSchema,
  hearsVoice: z.boolean(),
});

const reasonEvidence = z.looseObject({
  reasonHeaders: strings,
  q850: z.number().exactOptional(),
  q850Location: z.enum(["U", "LPN", "LN", "TN", "RLN", "RPN", "INTL", "BI"]).exactOptional(),
  q850Text: z.string().exactOptional(),
});

const retarget = z.looseObject({
  diversion: strings,
  historyInfo: strings,
  toVoicemail: z.boolean(),
});

const response = z.looseObject({
  status: z.number().int(),
  phrase: z.string(),
  retarget: retarget.exactOptional(),
});

const provisional = response.extend({
  toTag: z.string().exactOptional(),
  hasSdp: z.boolean(),
});

const answer = response.extend({
  toTag: z.string().exactOptional(),
  usableMedia: z.boolean(),
  mediaProblem: z.string().exactOptional(),
  crossedCancel: z.boolean(),
});

const finalResponse = response.extend({
  ...reasonEvidence.shape,
  warning: z.string().exactOptional(),
  retryAfter: z.number().exactOptional(),
  redress: z.string().exactOptional(),
});

const transfer = z.looseObject({
  status: z.enum(["accepted", "trying", "ringing", "completed", "failed"]),
  sipStatus: z.number().exactOptional(),
});

const transferRequest = z.looseObject({
  requestId: z.string(),
  target: z.string(),
  referredBy: z.string().exactOptional(),
  attended: z.boolean(),
});

const signal: z.ZodType<CallSignal> = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("dialing"), atMs }),
  z.looseObject({ type: z.literal("provisional"), atMs, response: provisional }),
  z.looseObject({ type: z.literal("answered"), atMs, answer }),
  z.looseObject({ type: z.literal("rejected"), atMs, response: finalResponse }),
  z.looseObject({
    type: z.literal("unanswered"),
    atMs,
    cause: z.enum(["timeout", "transport", "not_joined"]),
    detail: z.string(),
  }),
  z.looseObject({
    type: z.literal("far_side_ended"),
    atMs,
    request: z.enum(["BYE", "CANCEL"]),
    reason: reasonEvidence,
  }),
  z.looseObject({ type: z.literal("dialog_lost"), atMs, detail: z.string() }),
  z.looseObject({ type: z.literal("media_failed"), atMs, detail: z.string() }),
  z.looseObject({ type: z.literal("audio_started"), atMs }),
  z.looseObject({ type: z.literal("audio_lost"), atMs }),
  z.looseObject({ type: z.literal("audio_resumed"), atMs }),
  z.looseObject({ type: z.literal("audio_undelivered"), atMs }),
  z.looseObject({ type: z.literal("audio_delivered"), atMs }),
  z.looseObject({
    type: z.literal("held"),
    atMs,
    by: z.enum(["far_side", "us"]),
    held: z.boolean(),
  }),
  z.looseObject({
    type: z.literal("dtmf"),
    atMs,
    digit: z.string(),
    durationMs: z.number(),
    via: z.enum(["rtp", "info", "audio"]),
  }),
  z.looseObject({ type: z.literal("transfer"), atMs, progress: transfer }),
  z.looseObject({ type: z.literal("transfer_request"), atMs, request: transferRequest }),
  z.looseObject({
    type: z.literal("transfer_followed"),
    atMs,
    requestId: z.string(),
    progress: transfer,
  }),
  z.looseObject({
    type: z.literal("far_side_changed"),
    atMs,
    how: z.enum(["transfer", "replaces"]),
  }),
  z.looseObject({ type: z.literal("text"), atMs, contentType: z.string(), body: z.string() }),
]);

const verdictLabel = z.enum([
  "human",
  "voicemail",
  "beep",
  "ivr",
  "screening",
  "announcement",
  "busy",
  "reorder",
  "ringback",
  "fax",
  "music",
  "silence",
  "no_audio",
  "unknown",
]);

const verdict: z.ZodType<Verdict> = z.looseObject({
  label: verdictLabel,
  kind: z.string().exactOptional(),
  confidence: z.number().min(0).max(1),
  provisional: z.boolean(),
  atMs,
  phase: z.enum(["before_answer", "after_answer"]),
  detector: z.string(),
  evidence: z.array(z.looseObject({ rule: z.string(), inputs: scalars, thresholds: scalars })),
  runnerUp: z.looseObject({ label: verdictLabel, margin: z.number() }).exactOptional(),
});

const message = z.looseObject({
  name: z.string(),
  playedMs: z.number(),
  totalMs: z.number(),
  complete: z.boolean(),
});

const fault = z.looseObject({
  code: z.string(),
  message: z.string(),
  at: wallTime,
  where: z.string(),
  phase: callPhase,
});

const timers = {
  registeredCall: true,
  noResponse: true,
  progress: true,
  ring: true,
  cancel: true,
  noAudio: true,
  idle: true,
  userSilence: true,
  maxDuration: true,
} as const satisfies Record<CallTimer, true>;

const input: z.ZodType<CallInput> = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("signal"), signal }),
  z.looseObject({
    type: z.literal("timer"),
    timer: z.enum(Object.keys(timers) as [CallTimer, ...CallTimer[]]),
    atMs,
  }),
  z.looseObject({
    type: z.literal("end"),
    by: endedBy,
    reason: endReason.exactOptional(),
    atMs,
    refusal: z.number().exactOptional(),
  }),
  z.looseObject({ type: z.literal("not_placed"), reason: endReason, atMs }),
  z.looseObject({ type: z.literal("verdict"), verdict }),
  z.looseObject({
    type: z.literal("voice"),
    who: z.enum(["user", "agent"]),
    active: z.boolean(),
    atMs,
  }),
  z.looseObject({ type: z.literal("user_turn"), text: z.string().exactOptional(), atMs }),
  z.looseObject({ type: z.literal("message"), message, atMs }),
  z.looseObject({ type: z.literal("fault"), fault, atMs }),
]);

const media: z.ZodType<MediaReport> = z.looseObject({
  codec: z.string(),
  packetsSent: z.number(),
  packetsReceived: z.number(),
  packetsLost: z.number(),
  packetsDropped: z.number(),
  jitterMs: z.number(),
  packetsLate: z.number().exactOptional(),
  concealedMs: z.number().exactOptional(),
  bufferMs: z.number().exactOptional(),
  roundTripMs: z.number().exactOptional(),
  remoteLossRate: z.number().exactOptional(),
  remoteJitterMs: z.number().exactOptional(),
  mos: z.number().exactOptional(),
  delivery: z.enum(["arrives", "stopped", "never_arrived"]).exactOptional(),
  oneWay: z.enum(["nothing_received", "nothing_delivered"]).exactOptional(),
});

/** Every line says when: ms since the call was created (monotonic), and wall time. */
const when = { atMs, at: wallTime };

const journalHeaderSchema = z.looseObject({
  type: z.literal("header"),
  version: z.literal(JOURNAL_VERSION),
  ...when,
  callId: z.string(),
  direction,
  /** Wall time of the call's creation, ms since the Unix epoch. */
  createdAtWallMs: z.number(),
  settings,
});

export const journalEntrySchema = z.discriminatedUnion("type", [
  journalHeaderSchema,
  /** Something the call's machine was told. */
  z.looseObject({ type: z.literal("input"), ...when, input }),
  z.looseObject({ type: z.literal("state"), ...when, state: callState }),
  /** A recording began: where its first sample lies in the call's time. */
  z.looseObject({ type: z.literal("recording"), ...when, file: z.string(), fromMs: z.number() }),
  /** A listener settled, or its deadline passed. */
  z.looseObject({
    type: z.literal("hook"),
    ...when,
    event: z.string(),
    tookMs: z.number(),
    result: z.enum(["settled", "threw", "timed_out"]),
  }),
  /** The record is closed. Nothing follows. */
  z.looseObject({
    type: z.literal("end"),
    ...when,
    endReason,
    finalState: z.enum(["ended", "not_connected", "canceled"]),
    endedBy,
    /** Measured by the media plane, so that no replay could come to it. */
    media: media.exactOptional(),
  }),
]);

export type JournalHeader = z.infer<typeof journalHeaderSchema>;
export type JournalEntry = z.infer<typeof journalEntrySchema>;
