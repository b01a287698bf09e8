import type { TransferProgress } from "../vocabulary.js";
import { loadClip } from "./clips.js";
import type { Scenario, ScenarioStep } from "./scenario-step.js";

/** One NOTIFY of a transfer (RFC 3515), and when it comes. */
export interface TransferStep {
  readonly afterMs: number;
  readonly progress: TransferProgress;
}

/** Timer B of the one who calls on our behalf. */
const NO_RESPONSE_MS = 32_000;

/**
 * What a far side reports that we ask to call somebody else: 202 at once, then what happens to that
 * call, as the scenario of whoever is called says. Ends where nobody answers or refuses.
 */
export function transferStepsTo(scenario: Scenario): readonly TransferStep[] {
  const told: TransferStep[] = [
    { afterMs: 0, progress: { status: "accepted", sipStatus: 202 } },
    { afterMs: 0, progress: { status: "trying", sipStatus: 100 } },
  ];
  let afterMs = 0;
  for (const step of scenario.steps) {
    const tell = (status: TransferProgress["status"], sipStatus: number) => {
      told.push({ afterMs, progress: { status, sipStatus } });
    };
    if (step.type === "ring") tell("ringing", step.status);
    else if (step.type === "ignore") {
      afterMs += NO_RESPONSE_MS;
      tell("failed", 408);
    } else if (step.type === "challenge") tell("failed", 407);
    else if (step.type === "reject") tell("failed", step.status);
    else if (step.type === "answer") tell("completed", 200);
    const last = told.at(-1)?.progress.status;
    if (last === "failed" || last === "completed") return told;
    afterMs += lengthOf(step);
  }
  return told;
}

/** When the far side knows the one we are talking to on another leg already (RFC 3891). */
export const ATTENDED_TRANSFER: readonly TransferStep[] = [
  { afterMs: 0, progress: { status: "accepted", sipStatus: 202 } },
  { afterMs: 0, progress: { status: "completed", sipStatus: 200 } },
];

function lengthOf(step: ScenarioStep): number {
  switch (step.type) {
    case "speak": {
      const frame = typeof step.audio === "string" ? loadClip(step.audio) : step.audio;
      return (frame.samplesPerChannel * 1_000) / frame.sampleRate;
    }
    case "ring":
    case "tone":
    case "silence":
    case "mute":
      return step.durationMs ?? 0;
    default:
      return 0;
  }
}
