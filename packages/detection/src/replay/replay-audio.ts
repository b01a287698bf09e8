import type { CallDirection, CallSignal, Verdict } from "@offhook/session/vocabulary";
import type { DeadAirOptions } from "../dead-air.js";
import type { Detector, DetectorProfile } from "../detector.js";
import { createPanel, type DetectorFault, type LedgerEntry } from "../panel.js";
import { VirtualClock } from "./virtual-clock.js";

export interface ReplayOptions {
  readonly detectors: readonly Detector[];
  /** What the callee is heard saying, mono; starts at answer, or at `audioFromMs`. */
  readonly samples: Int16Array;
  readonly sampleRate: number;
  /** In order of time. Default: answered at 0. */
  readonly signals?: readonly CallSignal[];
  /** When the audio starts, in ms since the call was created. Default: at the answer, else 0. */
  readonly audioFromMs?: number;
  /** When our own side is heard. */
  readonly agentSpeech?: readonly { readonly fromMs: number; readonly untilMs: number }[];
  /** How long time goes on after the audio's end. Default 0. */
  readonly tailMs?: number;
  readonly direction?: CallDirection;
  readonly profile?: Partial<DetectorProfile>;
  readonly deadAir?: DeadAirOptions | false;
}

export interface Replay {
  /** Every verdict as it was given. */
  readonly verdicts: readonly Verdict[];
  /** What stood at the end. */
  readonly verdict: Verdict | undefined;
  readonly ledger: readonly LedgerEntry[];
  readonly faults: readonly DetectorFault[];
  /** Times at which speech started and ended. */
  readonly voice: readonly { readonly active: boolean; readonly atMs: number }[];
  /** Timers that were left armed after close; anything but 0 is a leak. */
  readonly timersLeft: number;
}

const FRAME_MS = 20;

/** Runs detectors over a recording in virtual time, as a call would run them. */
export function replayAudio(options: ReplayOptions): Replay {
  const clock = new VirtualClock();
  const verdicts: Verdict[] = [];
  const faults: DetectorFault[] = [];
  const voice: { active: boolean; atMs: number }[] = [];
  const panel = createPanel({
    detectors: options.detectors,
    clock,
    call: {
      callId: "replay",
      direction: options.direction ?? "outbound",
      ...(options.profile ? { profile: options.profile } : {}),
    },
    onVerdict: (verdict) => verdicts.push(verdict),
    onFault: (fault) => faults.push(fault),
    ...(options.deadAir === undefined ? {} : { deadAir: options.deadAir }),
  });
  panel.onVoice((active, atMs) => voice.push({ active, atMs }));
  const signals = options.signals ?? [ANSWERED_AT_ONCE];
  const answeredMs = signals.find(({ type }) => type === "answered")?.atMs;
  const audioFromMs = options.audioFromMs ?? answeredMs ?? 0;
  const events = [
    ...signals.map((signal) => ({ atMs: signal.atMs, run: () => panel.onSignal(signal) })),
    ...(options.agentSpeech ?? []).flatMap(({ fromMs, untilMs }) => [
      { atMs: fromMs, run: () => panel.onAgentSpeech(true) },
      { atMs: untilMs, run: () => panel.onAgentSpeech(false) },
    ]),
  ].sort((a, b) => a.atMs - b.atMs);
  const advance = (atMs: number) => {
    while (events[0] && events[0].atMs <= atMs) {
      const event = events.shift();
      if (!event) break;
      clock.advanceTo(event.atMs);
      event.run();
    }
    clock.advanceTo(atMs);
  };

  const { samples, sampleRate } = options;
  const perFrame = Math.round((sampleRate * FRAME_MS) / 1_000);
  for (let start = 0, index = 0; start < samples.length; start += perFrame, index++) {
    const atMs = audioFromMs + index * FRAME_MS;
    advance(atMs);
    const data = samples.slice(start, start + perFrame);
    const phase = answeredMs !== undefined && atMs >= answeredMs ? "active" : "early";
    panel.onFrame({ data, sampleRate, channels: 1, samplesPerChannel: data.length, atMs, phase });
  }
  const audioEndMs = audioFromMs + (samples.length / sampleRate) * 1_000;
  advance(Math.max(audioEndMs + (options.tailMs ?? 0), signals.at(-1)?.atMs ?? 0));
  const { verdict } = panel;
  const ledger = [...panel.ledger];
  panel.close();
  return { verdicts, verdict, ledger, faults, voice, timersLeft: clock.pending };
}

const ANSWERED_AT_ONCE: CallSignal = {
  type: "answered",
  atMs: 0,
  answer: { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false },
};
