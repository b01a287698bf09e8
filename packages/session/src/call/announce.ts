import type { EventHub } from "../event-hub.js";
import type { SessionEvents } from "../events.js";
import type { CallSignal } from "../vocabulary.js";
import type { CallInput } from "./call-input.js";

/** Tells listeners what an input means to them, beyond the change of state it may have caused. */
export function announce(hub: EventHub<SessionEvents>, callId: string, input: CallInput): void {
  switch (input.type) {
    case "signal":
      return announceSignal(hub, callId, input.signal);
    case "verdict": {
      const { verdict } = input;
      void hub.emit("verdict", { callId, atMs: verdict.atMs, verdict });
      return;
    }
    case "voice": {
      const { atMs, active } = input;
      if (input.who === "user") void hub.emit("user_voice", { callId, atMs, active });
      return;
    }
    case "user_turn": {
      const { atMs, text } = input;
      void hub.emit("user_turn", { callId, atMs, ...(text === undefined ? {} : { text }) });
      return;
    }
    case "fault":
      void hub.emit("fault", { callId, atMs: input.atMs, fault: input.fault });
  }
}

const audioStatus = {
  audio_started: "started",
  audio_lost: "lost",
  audio_resumed: "resumed",
  audio_undelivered: "undelivered",
  audio_delivered: "delivered",
} as const;

function announceSignal(hub: EventHub<SessionEvents>, callId: string, signal: CallSignal): void {
  const { atMs } = signal;
  switch (signal.type) {
    case "dtmf": {
      const { digit, durationMs } = signal;
      void hub.emit("dtmf", { callId, atMs, digit, durationMs });
      return;
    }
    case "audio_started":
    case "audio_lost":
    case "audio_resumed":
    case "audio_undelivered":
    case "audio_delivered":
      void hub.emit("audio", { callId, atMs, status: audioStatus[signal.type] });
      return;
    case "held": {
      const { held, by } = signal;
      void hub.emit("hold", { callId, atMs, held, by });
      return;
    }
    case "transfer":
      void hub.emit("transfer", { callId, atMs, progress: signal.progress });
      return;
    case "transfer_followed": {
      const { requestId, progress } = signal;
      void hub.emit("transfer_followed", { callId, atMs, requestId, progress });
      return;
    }
    case "far_side_changed":
      void hub.emit("far_side_changed", { callId, atMs, how: signal.how });
      return;
    case "text": {
      const { contentType, body } = signal;
      void hub.emit("text", { callId, atMs, contentType, body });
    }
  }
}
