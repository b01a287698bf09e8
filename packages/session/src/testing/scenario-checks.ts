import type { ReasonToSend } from "../carrier.js";
import { OffhookError } from "../errors.js";
import { checkFrame } from "../media/send/audio-source.js";
import type { AudioFrame } from "../vocabulary.js";
import { CLIPS, type ClipName, isClipName } from "./clips.js";
import type { ScenarioStep } from "./scenario-step.js";

const LONGEST_MS = 24 * 3_600_000;

/** Where a far side stands after some steps. */
export interface ScenarioPosition {
  readonly answered: boolean;
  readonly earlyMedia: boolean;
  /** The step that nothing can follow, by the name of the method that added it. */
  readonly endedBy: string | undefined;
}

/**
 * The position after `step`. Throws INVALID_OPTION for a step that cannot happen there, so that a
 * scenario that makes no sense fails where it is written rather than in the middle of a call.
 */
export function follow(
  position: ScenarioPosition,
  step: ScenarioStep,
  method: string,
): ScenarioPosition {
  const { answered, earlyMedia, endedBy } = position;
  if (endedBy) throw misplaced(method, `after ${endedBy}()`, "Nothing can follow that; remove it.");
  if (BEFORE_ANSWER.has(step.type) && answered)
    throw misplaced(method, "after answer()", "Put it before answer().");
  if (ON_THE_LINE.has(step.type) && !answered && !earlyMedia)
    throw misplaced(
      method,
      "before the line is open",
      step.type === "hang_up"
        ? "A callee that does not want the call rejects it: reject(603)."
        : "Open the line first with answer() or earlyMedia().",
    );
  if (AFTER_ANSWER.has(step.type) && !answered)
    throw misplaced(method, "before answer()", "Call answer() first, or reject(480) to end it.");
  return {
    answered: answered || step.type === "answer",
    earlyMedia: earlyMedia || (step.type === "ring" && step.earlyMedia),
    endedBy: isTerminal(step) ? method : undefined,
  };
}

const BEFORE_ANSWER: ReadonlySet<ScenarioStep["type"]> = new Set([
  "ignore",
  "challenge",
  "trying",
  "ring",
  "answer",
  "reject",
]);
const ON_THE_LINE: ReadonlySet<ScenarioStep["type"]> = new Set([
  "speak",
  "tone",
  "silence",
  "hear_out",
  "mute",
  "press_keys",
  "wait_for_digits",
  "refer",
  "hang_up",
  "talk_on",
  "stay_on",
]);
/** Of those, what early media does not allow. */
const AFTER_ANSWER: ReadonlySet<ScenarioStep["type"]> = new Set([
  "refer",
  "hang_up",
  "hear_out",
  "wait_for_digits",
]);

function isTerminal(step: ScenarioStep): boolean {
  switch (step.type) {
    case "ignore":
    case "reject":
    case "hang_up":
    case "talk_on":
    case "stay_on":
      return true;
    case "ring":
      return step.durationMs === undefined && !step.earlyMedia;
    case "mute":
      return step.durationMs === undefined;
    default:
      return false;
  }
}

export function checkDuration(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 1 && value <= LONGEST_MS) return value;
  throw invalid(`${name} is ${value}`, "Give it in milliseconds, from 1 to 24 hours.");
}

export function checkStatus(value: number, from: number, to: number): number {
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw invalid(`${value} is no status from ${from} to ${to}`, "See RFC 3261 section 21.");
}

export function checkFrequency(value: number): number {
  if (Number.isFinite(value) && value >= 20 && value < 4_000) return value;
  throw invalid(`frequencyHz is ${value}`, "A telephone carries 20 to 4000 Hz.");
}

export function checkLevel(value: number): number {
  if (Number.isFinite(value) && value >= -80 && value <= 0) return value;
  throw invalid(`levelDb is ${value}`, "Give it in dB below full scale, −80 to 0.");
}

export function checkDigits(value: string): string {
  if (/^[0-9*#A-D]+$/.test(value)) return value;
  throw invalid(`${JSON.stringify(value)} are no keys`, "Use 0-9, *, # and A-D.");
}

export function checkTarget(value: string): string {
  if (/^(?:sips?:\S+|\+?[0-9*#]+)$/i.test(value)) return value;
  throw invalid("nobody can be reached at the target", "Use a number or a SIP URI.");
}

export function checkCount(value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw invalid(`count is ${value}`, "Wait for 1 to 100 digits.");
}

export function checkReason(reason: ReasonToSend | undefined): ReasonToSend | undefined {
  if (!reason) return undefined;
  const most = reason.protocol === "Q.850" ? 127 : 699;
  if (Number.isInteger(reason.cause) && reason.cause >= 0 && reason.cause <= most) return reason;
  throw invalid(
    `${reason.cause} is no ${reason.protocol} cause`,
    `Use a whole number from 0 to ${most}.`,
  );
}

/** Throws INVALID_OPTION for a name that is no clip, INVALID_AUDIO for a frame that does not add up. */
export function checkAudio(audio: ClipName | AudioFrame): ClipName | AudioFrame {
  if (typeof audio !== "string") {
    checkFrame(audio);
    return audio;
  }
  if (isClipName(audio)) return audio;
  throw invalid(
    `There is no clip ${JSON.stringify(audio)}`,
    `Use one of ${Object.keys(CLIPS).join(", ")}, or an audio frame.`,
  );
}

export function invalid(what: string, remedy: string): OffhookError {
  return new OffhookError("INVALID_OPTION", `Scenario: ${what}.`, { remedy });
}

function misplaced(method: string, where: string, remedy: string): OffhookError {
  return invalid(`${method}() cannot come ${where}`, remedy);
}
