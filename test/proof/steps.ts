import type { CallInput, CallSnapshot, CallTimer, LegSignal, Verdict } from "@offhook/session";

/** One thing that can happen to a call. */
export interface Step {
  /** In words, as a diagram shows it. */
  readonly label: string;
  readonly input: (atMs: number) => CallInput;
}

const signal = (label: string, of: LegSignal): Step => ({
  label,
  input: (atMs) => ({ type: "signal", signal: { ...of, atMs } }),
});

const timer = (label: string, name: CallTimer): Step => ({
  label,
  input: (atMs) => ({ type: "timer", timer: name, atMs }),
});

const voice = (who: "user" | "agent", active: boolean): Step => ({
  label: `${who} ${active ? "speaks" : "falls silent"}`,
  input: (atMs) => ({ type: "voice", who, active, atMs }),
});

const verdict = (phase: Verdict["phase"]): Step => ({
  label: `voicemail heard ${phase.replace("_", " ")}`,
  input: (atMs) => ({
    type: "verdict",
    verdict: {
      label: "voicemail",
      confidence: 0.9,
      provisional: false,
      atMs,
      phase,
      detector: "model",
      evidence: [],
    },
  }),
});

const reason = { reasonHeaders: [] };
const answer = { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false };
const ringing = { status: 180, phrase: "Ringing", hasSdp: false };
const retarget = { diversion: [], historyInfo: [], toVoicemail: true };
const refusal = (status: number, phrase: string) =>
  signal(`${status} ${phrase}`, {
    type: "rejected",
    response: { status, phrase, reasonHeaders: [] },
  });

/** One of everything that can happen to a call. */
export const STEPS: readonly Step[] = [
  signal("INVITE sent", { type: "dialing" }),
  signal("100", { type: "provisional", response: { ...ringing, status: 100, phrase: "Trying" } }),
  signal("180", { type: "provisional", response: ringing }),
  signal("183 with audio", {
    type: "provisional",
    response: { status: 183, phrase: "Session Progress", hasSdp: true },
  }),
  signal("181 to voicemail", {
    type: "provisional",
    response: { status: 181, phrase: "Forwarded", hasSdp: false, retarget },
  }),
  signal("200", { type: "answered", answer }),
  signal("200 without usable audio", {
    type: "answered",
    answer: { ...answer, usableMedia: false },
  }),
  signal("200 that crossed our CANCEL", {
    type: "answered",
    answer: { ...answer, crossedCancel: true },
  }),
  refusal(480, "Temporarily Unavailable"),
  refusal(486, "Busy Here"),
  refusal(487, "Request Terminated"),
  signal("transport failed", { type: "unanswered", cause: "transport", detail: "" }),
  signal("nobody joined", { type: "unanswered", cause: "not_joined", detail: "" }),
  signal("BYE from them", { type: "far_side_ended", request: "BYE", reason }),
  signal("CANCEL from them", { type: "far_side_ended", request: "CANCEL", reason }),
  signal("dialog lost", { type: "dialog_lost", detail: "" }),
  signal("media failed", { type: "media_failed", detail: "" }),
  signal("audio starts", { type: "audio_started" }),
  signal("audio stops", { type: "audio_lost" }),
  signal("audio is back", { type: "audio_resumed" }),
  signal("on hold", { type: "held", by: "far_side", held: true }),
  signal("off hold", { type: "held", by: "far_side", held: false }),
  signal("key pressed", { type: "dtmf", digit: "1", durationMs: 100, via: "rtp" }),
  signal("transfer completed", { type: "transfer", progress: { status: "completed" } }),
  timer("not placed in time", "registeredCall"),
  timer("no response in time", "noResponse"),
  timer("nothing after 100 in time", "progress"),
  timer("rang out", "ring"),
  timer("our CANCEL was never answered", "cancel"),
  timer("audio never arrived", "noAudio"),
  timer("idle", "idle"),
  timer("silent for too long", "userSilence"),
  timer("longest duration", "maxDuration"),
  { label: "end()", input: (atMs) => ({ type: "end", by: "agent", atMs }) },
  {
    label: "end() for a reason",
    input: (atMs) => ({ type: "end", by: "agent", reason: "AGENT_HUNG_UP_IVR_DETECTED", atMs }),
  },
  { label: "withdrawn", input: (atMs) => ({ type: "end", by: "api", reason: "CANCELED", atMs }) },
  {
    label: "shutdown",
    input: (atMs) => ({ type: "end", by: "runtime", reason: "RUNTIME_SHUTDOWN", atMs }),
  },
  {
    label: "not placed",
    input: (atMs) => ({ type: "not_placed", reason: "NUMBER_SUPPRESSED", atMs }),
  },
  verdict("before_answer"),
  verdict("after_answer"),
  voice("user", true),
  voice("user", false),
  voice("agent", true),
  voice("agent", false),
  { label: "user turn", input: (atMs) => ({ type: "user_turn", atMs }) },
];

/** A step cannot be taken where its timer does not run. */
export function canHappen({ running }: CallSnapshot, input: CallInput): boolean {
  return input.type !== "timer" || running.includes(input.timer);
}
