import type {
  AnswerResponse,
  CallDirection,
  CallSignal,
  EndedBy,
  ProvisionalResponse,
} from "../vocabulary.js";
import { CallDraft } from "./call-draft.js";
import type { CallInput, CallSnapshot, CallTimer, Transition } from "./call-input.js";
import type { CallSettings } from "./call-settings.js";
import { type CallState, isTerminal } from "./call-state.js";
import type { EndReason } from "./end-reason.js";
import { type Ending, type FarSideChange, openFacts, provisionalEntry } from "./facts.js";

/**
 * The call as a pure function: `advance(snapshot, input)` gives the next snapshot and what the
 * edges have to do about it. No clock, no sockets, no promises; the same inputs give the same call.
 *
 * ```
 *   pending ──dialing──▶ dialing ──18x──▶ ringing ──2xx──▶ active ──BYE──▶ ended
 *      │                    └──────2xx──────┼───────────────▲
 *      └───── not placed, refused, withdrawn, no response ──┴──▶ not_connected | canceled
 * ```
 *
 * Between our CANCEL and the final response it calls for, a call is still `ringing` or `dialing`
 * but already has its `ending`: whatever comes then is evidence and no longer decides.
 */

/** A new call: outbound ones wait in `pending`, inbound ones are ringing already. */
export function openCall(direction: CallDirection, settings: CallSettings): Transition {
  const state: CallState = direction === "outbound" ? "pending" : "ringing";
  const draft = new CallDraft({
    state,
    states: [{ state, atMs: 0 }],
    facts: openFacts(direction),
    settings,
    speaking: { user: false, agent: false },
    held: false,
    audioLost: false,
    running: [],
  });
  draft.effects.push({ type: "enter", state, atMs: 0 });
  if (direction === "outbound") draft.start("registeredCall");
  return draft.done();
}

export function advance(snapshot: CallSnapshot, input: CallInput): Transition {
  if (isTerminal(snapshot.state)) return { snapshot, effects: [] };
  const draft = new CallDraft(snapshot);
  if (input.type === "signal") onSignal(draft, input.signal);
  else onInput(draft, input);
  return draft.done();
}

/** A peer may repeat itself for ever, and so may a hook: evidence of one kind ends here. */
const EVIDENCE_LIMIT = 100;

function onInput(draft: CallDraft, input: Exclude<CallInput, { type: "signal" }>): void {
  switch (input.type) {
    case "timer":
      return onTimer(draft, input.timer, input.atMs);
    case "end":
      return end(draft, input);
    case "not_placed":
      if (draft.state === "pending")
        draft.finish({ by: "not_placed", reason: input.reason }, input.atMs);
      return;
    case "verdict":
      return draft.learn({ verdict: input.verdict });
    case "voice":
      return onVoice(draft, input.who, input.active);
    case "user_turn":
      return draft.learn({ userTurns: draft.facts.userTurns + 1 });
    case "message":
      return draft.learn({ message: input.message });
    case "fault":
      if (draft.facts.faults.length < EVIDENCE_LIMIT)
        draft.learn({ faults: [...draft.facts.faults, input.fault] });
      return;
  }
}

function onSignal(draft: CallDraft, signal: CallSignal): void {
  const { atMs } = signal;
  switch (signal.type) {
    case "dialing":
      return onDialing(draft, atMs);
    case "provisional":
      return onProvisional(draft, signal.response, atMs);
    case "answered":
      return onAnswered(draft, signal.answer, atMs);
    case "rejected":
      if (draft.state === "active") return;
      draft.learn({ finalResponse: signal.response });
      return draft.finish({ by: "final_response", response: signal.response }, atMs);
    case "unanswered":
      if (draft.state === "active") return;
      return draft.finish({ by: "nothing", cause: signal.cause, detail: signal.detail }, atMs);
    case "far_side_ended":
      draft.learn({ farSideReason: signal.reason });
      return draft.finish({ by: "far_side", request: signal.request }, atMs);
    case "dialog_lost":
      return onDialogLost(draft, signal.detail, atMs);
    case "media_failed":
      return onMediaFailed(draft, signal.detail, atMs);
    case "audio_started":
      return onAudioStarted(draft, atMs);
    case "audio_lost":
      return onAudioLost(draft);
    case "audio_resumed":
      draft.audioLost = false;
      return draft.stop("idle");
    case "held":
      return onHeld(draft, signal.held);
    case "dtmf":
      // Machines press no keys: somebody is there.
      draft.learn({ userTurns: draft.facts.userTurns + 1 });
      return draft.restart("userSilence");
    case "transfer":
      return draft.learn({ transfer: signal.progress });
    case "far_side_changed":
      return onFarSideChanged(draft, signal.how, atMs);
    case "transfer_request":
    case "transfer_followed":
    case "text":
    case "audio_undelivered":
    case "audio_delivered":
      // Announced as it is; no state hangs on it.
      return;
  }
}

function onDialing(draft: CallDraft, atMs: number): void {
  if (draft.state !== "pending") return;
  draft.stop("registeredCall");
  draft.learn({ dialedAtMs: atMs });
  draft.enter("dialing", atMs);
  draft.start("noResponse");
}

function onProvisional(draft: CallDraft, response: ProvisionalResponse, atMs: number): void {
  if (draft.state !== "dialing" && draft.state !== "ringing") return;
  const { facts } = draft;
  if (facts.provisional.length < EVIDENCE_LIMIT)
    draft.learn({ provisional: facts.provisional.concat(provisionalEntry(atMs, response)) });
  draft.stop("noResponse");
  // Withdrawn while nothing had come yet: the CANCEL goes out now, its answer has its own limit.
  if (facts.ending !== undefined) return draft.startUnlessRunning("cancel");
  // 199 says that a fork is over (RFC 6228): no telephone rings by it.
  if (response.status === 100 || response.status === 199) {
    if (draft.state === "dialing") draft.startUnlessRunning("progress");
    return;
  }
  if (response.hasSdp && !facts.provisional.some((entry) => entry.hasSdp))
    draft.effects.push({ type: "early_media", atMs });
  if (draft.state === "ringing") return;
  draft.stop("progress");
  draft.learn({ ringStartedAtMs: atMs });
  draft.enter("ringing", atMs);
  draft.start("ring");
}

function onAnswered(draft: CallDraft, answer: AnswerResponse, atMs: number): void {
  if (draft.state !== "dialing" && draft.state !== "ringing") return;
  draft.learn({ answer, answeredAtMs: atMs });
  const withdrawn = draft.facts.ending;
  if (withdrawn !== undefined) {
    // It crossed our CANCEL. The leg ended it with BYE, unless it could not know (RFC 3261 9.1).
    if (!answer.crossedCancel) draft.effects.push({ type: "send", request: "BYE" });
    return draft.finish(withdrawn, atMs);
  }
  if (!answer.usableMedia) {
    const { mediaProblem } = answer;
    const detail = mediaProblem && `No media could be agreed: ${mediaProblem}.`;
    const ending: Ending = {
      by: "us",
      requester: "runtime",
      reason: "SIP_FAILED_MEDIA",
      ...(detail ? { detail } : {}),
    };
    return draft.finish(ending, atMs);
  }
  draft.stopAll();
  draft.learn({ connectedAtMs: atMs });
  draft.enter("active", atMs);
  draft.start("maxDuration");
  draft.start("noAudio");
  restartUserSilence(draft);
}

function onDialogLost(draft: CallDraft, detail: string, atMs: number): void {
  if (draft.state === "active")
    return draft.finish({ by: "us", requester: "runtime", reason: "IDLE_TIMEOUT", detail }, atMs);
  draft.finish({ by: "nothing", cause: "timeout", detail }, atMs);
}

function onMediaFailed(draft: CallDraft, detail: string, atMs: number): void {
  const reason = draft.state === "active" ? "INTERNAL_ERROR" : "SIP_FAILED_MEDIA";
  end(draft, { by: "runtime", reason, detail, atMs });
}

function onAudioStarted(draft: CallDraft, atMs: number): void {
  if (draft.facts.firstAudioAtMs === undefined) draft.learn({ firstAudioAtMs: atMs });
  if (draft.state === "active") draft.stop("noAudio");
}

function onAudioLost(draft: CallDraft): void {
  if (draft.state !== "active") return;
  draft.audioLost = true;
  restartIdle(draft, draft.limits.idleMs - draft.limits.rtpLostMs);
}

function onHeld(draft: CallDraft, held: boolean): void {
  draft.held = held;
  if (draft.state !== "active") return;
  restartIdle(draft);
  restartUserSilence(draft);
  if (held) draft.stop("noAudio");
  else if (draft.facts.firstAudioAtMs === undefined) draft.start("noAudio");
}

/** What was heard before was heard of somebody else: neither turns nor a verdict are theirs. */
function onFarSideChanged(draft: CallDraft, how: FarSideChange["how"], atMs: number): void {
  const { farSideChanges = [], verdict: _ofSomebodyElse, ...facts } = draft.facts;
  if (farSideChanges.length >= EVIDENCE_LIMIT) return;
  draft.facts = { ...facts, farSideChanges: [...farSideChanges, { atMs, how }] };
}

function onVoice(draft: CallDraft, who: "user" | "agent", active: boolean): void {
  draft.speaking = { ...draft.speaking, [who]: active };
  if (draft.state !== "active") return;
  restartUserSilence(draft);
  if (who === "agent") restartIdle(draft);
}

/** Silence is nobody's while somebody speaks or the call is held; otherwise it starts now. */
function restartUserSilence(draft: CallDraft): void {
  draft.stop("userSilence");
  const { user, agent } = draft.speaking;
  if (!user && !agent && !draft.held) draft.start("userSilence");
}

/** Idle needs both: no RTP from them and nothing from the agent. Hold suspends it. */
function restartIdle(draft: CallDraft, delayMs = draft.limits.idleMs): void {
  draft.stop("idle");
  if (draft.audioLost && !draft.held && !draft.speaking.agent)
    draft.start("idle", Math.max(1, delayMs));
}

function onTimer(draft: CallDraft, timer: CallTimer, atMs: number): void {
  draft.expired(timer);
  const withdraw = (reason: EndReason) => end(draft, { by: "runtime", reason, atMs });
  switch (timer) {
    case "registeredCall":
      return withdraw("REGISTERED_CALL_TIMEOUT");
    case "noResponse":
      return draft.finish(
        {
          by: "nothing",
          cause: "timeout",
          detail: `No response within ${draft.limits.noResponseMs} ms.`,
        },
        atMs,
      );
    case "progress":
      return withdraw("SIP_FAILED_PROVIDER_UNAVAILABLE");
    case "ring":
      return withdraw("USER_DID_NOT_PICK_UP");
    case "cancel":
      // Nobody answered our CANCEL. The ending that led to it stands.
      return draft.finish(draft.facts.ending ?? { by: "us", requester: "runtime" }, atMs);
    case "noAudio":
      return withdraw("NO_AUDIO_RECEIVED");
    case "idle":
      return withdraw("IDLE_TIMEOUT");
    case "maxDuration":
      return withdraw("MAX_DURATION_REACHED");
    case "userSilence":
      return end(draft, { by: "agent", reason: "AGENT_HUNG_UP_SILENCE_DETECTED", atMs });
  }
}

interface EndRequest {
  readonly by: EndedBy;
  readonly reason?: EndReason;
  readonly detail?: string;
  readonly atMs: number;
  readonly refusal?: number;
}

/** We end it: BYE, CANCEL or a refusal, whichever the state calls for. */
function end(draft: CallDraft, { by, reason, detail, atMs, refusal }: EndRequest): void {
  const before = draft.facts.ending;
  if (before !== undefined) {
    // A shutdown cannot wait for a far side that does not answer our CANCEL.
    if (reason === "RUNTIME_SHUTDOWN") draft.finish(before, atMs);
    return;
  }
  const ending: Ending = {
    by: "us",
    requester: by,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
  };
  switch (draft.state) {
    case "pending":
      return draft.finish(ending, atMs);
    case "active":
      draft.effects.push({ type: "send", request: "BYE" });
      return draft.finish(ending, atMs);
    case "dialing":
    case "ringing":
      if (draft.facts.direction === "inbound") {
        draft.effects.push({ type: "refuse", status: refusal ?? 480 });
        return draft.finish(ending, atMs);
      }
      draft.learn({ ending, withdrawnAtMs: atMs });
      draft.stop("ring");
      draft.stop("progress");
      draft.effects.push({ type: "send", request: "CANCEL" });
      // Without a provisional the CANCEL is held back; `noResponse` still bounds the wait.
      if (draft.facts.provisional.length > 0) draft.start("cancel");
  }
}
