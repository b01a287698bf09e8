import {
  createPanel,
  type Detector,
  defaultDetectors,
  type Panel,
  type PowerSpectrum,
} from "@offhook/detection";
import type { CallSession } from "@offhook/session";
import type { HangUpLabel } from "./define-agent.js";

export interface DetectionOptions {
  readonly detectors?: readonly Detector[];
  readonly hangUpOn?: readonly HangUpLabel[];
}

/**
 * Lets a panel of detectors hear a call: the call's signals and audio go in, verdicts and voice
 * activity come back. Ends with the call.
 */
export function attachDetection(
  call: CallSession,
  options: DetectionOptions,
  spectrum?: PowerSpectrum,
): Panel {
  const { profile, limits } = call.snapshot.settings;
  const hangUpOn: readonly string[] = options.hangUpOn ?? [];
  const panel = createPanel({
    detectors: options.detectors ?? defaultDetectors(),
    clock: call.clock,
    call: { callId: call.callId, direction: call.direction, profile },
    deadAir: { budgetMs: limits.deadAirMs },
    ...(spectrum === undefined ? {} : { spectrum }),
    onVerdict: (verdict) => {
      call.classify(verdict);
      if (!verdict.provisional && hangUpOn.includes(verdict.label)) void call.end();
    },
    onFault: ({ code, message, where }) => call.noteFault({ code, message, where }),
  });
  panel.onVoice((active) => call.noteUserVoice(active));
  call.tap({
    onSignal: (signal) => panel.onSignal(signal),
    onFrame: (frame) => panel.onFrame(frame),
    onAgentVoice: (active) => panel.onAgentSpeech(active),
  });
  call.on("call_end", () => panel.close());
  return panel;
}
