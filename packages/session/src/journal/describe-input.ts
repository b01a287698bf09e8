import type { CallInput, CallTimer } from "../call/call-input.js";
import type { CallLimits } from "../call/call-settings.js";
import type { CallSignal, Verdict } from "../vocabulary.js";

/** What happened, in one plain sentence; undefined for what only the machine cares about. */
export function describeInput(input: CallInput, limits: CallLimits): string | undefined {
  switch (input.type) {
    case "signal":
      return describeSignal(input.signal);
    case "timer":
      return `${timerText[input.timer]} (limit ${limits[`${input.timer}Ms`]} ms).`;
    case "end":
      return `The ${input.by} asked for the end${input.reason ? `: ${input.reason}` : ""}.`;
    case "not_placed":
      return `The call will not be placed: ${input.reason}.`;
    case "verdict":
      return describeVerdict(input.verdict);
    case "voice":
      return `The ${input.who} ${input.active ? "begins to speak" : "falls silent"}.`;
    case "user_turn":
      return input.text === undefined
        ? "The user took a turn."
        : `The user took a turn: “${input.text}”`;
    case "message": {
      const { name, playedMs, totalMs, complete } = input.message;
      const played = complete ? "in full" : `to ${playedMs} of ${totalMs} ms`;
      return `The message ${name} was played ${played}.`;
    }
    case "fault":
      return `Fault in ${input.fault.where}: ${input.fault.message}`;
  }
}

const timerText: Readonly<Record<CallTimer, string>> = {
  registeredCall: "The call was not placed in time",
  noResponse: "No response came at all",
  progress: "Nothing came after 100 Trying",
  ring: "It rang out",
  cancel: "Nobody answered our CANCEL",
  noAudio: "No audio ever arrived",
  idle: "Neither audio nor the agent stirred",
  userSilence: "Nobody spoke for too long",
  maxDuration: "The call reached its longest duration",
};

function describeSignal(signal: CallSignal): string {
  switch (signal.type) {
    case "dialing":
      return "INVITE sent.";
    case "provisional": {
      const { status, phrase, hasSdp, retarget } = signal.response;
      const early = hasSdp ? ", with audio before answer" : "";
      const forwarded = retarget?.toVoicemail ? ", sent on to voicemail" : "";
      return `The far side says ${said(status, phrase)}${early}${forwarded}.`;
    }
    case "answered": {
      const { status, phrase, usableMedia, crossedCancel } = signal.answer;
      if (crossedCancel) return `${said(status, phrase)} crossed our CANCEL.`;
      return `Answered: ${said(status, phrase)}${usableMedia ? "" : ", without audio we can use"}.`;
    }
    case "rejected": {
      const { status, phrase, q850, reasonHeaders } = signal.response;
      const cause = q850 === undefined ? "" : `, Q.850 cause ${q850}`;
      const more = cause === "" && reasonHeaders.length > 0 ? `, ${reasonHeaders.join("; ")}` : "";
      return `Refused: ${said(status, phrase)}${cause}${more}.`;
    }
    case "unanswered":
      return `No answer can come (${signal.cause}): ${signal.detail}`;
    case "far_side_ended": {
      const { q850 } = signal.reason;
      const cause = q850 === undefined ? "" : `, Q.850 cause ${q850}`;
      return `The far side sends ${signal.request}${cause}.`;
    }
    case "dialog_lost":
      return `The dialog is lost: ${signal.detail}`;
    case "media_failed":
      return `Media failed: ${signal.detail}`;
    case "audio_started":
      return "Audio arrives from the far side.";
    case "audio_lost":
      return "Audio from the far side stops.";
    case "audio_resumed":
      return "Audio from the far side is back.";
    case "audio_undelivered":
      return "The far side reports that no audio of ours arrives.";
    case "audio_delivered":
      return "Our audio arrives at the far side again.";
    case "held":
      return `The call is ${signal.held ? "put on hold" : "taken off hold"} by ${signal.by === "us" ? "us" : "the far side"}.`;
    case "dtmf":
      return `Key ${signal.digit} pressed for ${signal.durationMs} ms (${signal.via}).`;
    case "transfer": {
      const { status, sipStatus } = signal.progress;
      return `The transfer is ${status}${sipStatus === undefined ? "" : ` (${sipStatus})`}.`;
    }
    case "transfer_request": {
      const { attended, referredBy } = signal.request;
      const how = attended ? "to a call it has already" : "to somebody else";
      return `The far side asks to transfer us ${how}${referredBy ? ", and says for whom" : ""}.`;
    }
    case "transfer_followed": {
      const { status, sipStatus } = signal.progress;
      return `The transfer we were asked for is ${status}${sipStatus === undefined ? "" : ` (${sipStatus})`}.`;
    }
    case "far_side_changed":
      return signal.how === "transfer"
        ? "The call goes on with whom we were transferred to."
        : "Somebody else takes the far side's place (Replaces).";
    case "text":
      return `The far side writes ${signal.body.length} characters of ${signal.contentType}.`;
  }
}

function describeVerdict({ label, kind, confidence, provisional, detector }: Verdict): string {
  const what = kind === undefined ? label : `${label} (${kind})`;
  const how = provisional ? "thinks it hears" : "hears";
  return `${detector} ${how} ${what}, confidence ${confidence.toFixed(2)}.`;
}

function said(status: number, phrase: string): string {
  return `${status} ${phrase}`.trim();
}
