import { OffhookError } from "../errors.js";
import type { AudioFrame } from "../vocabulary.js";
import type { CallAudio, SendDtmfOptions } from "./call-audio.js";
import { eventOfDigit } from "./rtp/telephone-event.js";

/** Why a frame cannot be written to a port of this format: INVALID_AUDIO. */
export function checkPlayable(
  frame: AudioFrame,
  format: CallAudio["format"],
): OffhookError | undefined {
  // Whoever writes plain JavaScript may hand over anything.
  const given: Partial<AudioFrame> = typeof frame === "object" && frame !== null ? frame : {};
  const { data, sampleRate, channels, samplesPerChannel } = given;
  if (
    data instanceof Int16Array &&
    sampleRate === format.sampleRate &&
    channels === 1 &&
    samplesPerChannel === data.length
  ) {
    return undefined;
  }
  return new OffhookError(
    "INVALID_AUDIO",
    `A frame of ${data?.length ?? "no"} samples (${channels} × ${samplesPerChannel} at ${sampleRate} Hz) was written to a call of 1 channel at ${format.sampleRate} Hz.`,
    { remedy: "Convert it with audioFrames(), or open the call at the audio's own sample rate." },
  );
}

/** Why digits cannot be sent: INVALID_OPTION. */
export function checkDigits(
  digits: string,
  options: Required<SendDtmfOptions>,
): OffhookError | undefined {
  if (typeof digits !== "string")
    return invalid(`sendDtmf: digits is ${typeof digits}.`, 'Give a string, like "1#".');
  const unknown = [...digits].find((digit) => eventOfDigit(digit) === undefined);
  if (digits === "" || unknown !== undefined) {
    const what = digits === "" ? "no digits were given" : `${JSON.stringify(unknown)} is no digit`;
    return invalid(`sendDtmf: ${what}.`, "Give one or more of 0-9, *, # and A-D.");
  }
  const { durationMs, gapMs } = options;
  if (!(durationMs >= 40 && durationMs <= 6_000)) {
    return invalid(`sendDtmf: durationMs is ${durationMs}.`, "Give 40 to 6000 (RFC 4733 2.5).");
  }
  if (!(gapMs >= 40 && gapMs <= 60_000)) {
    return invalid(`sendDtmf: gapMs is ${gapMs}.`, "Give 40 to 60000.");
  }
  return undefined;
}

/** Why something cannot sound in the background: INVALID_AUDIO. */
export function checkBackground(
  samples: Int16Array | undefined,
  gainDb: number,
): OffhookError | undefined {
  const fits = samples === undefined || samples instanceof Int16Array;
  if (fits && Number.isFinite(gainDb) && gainDb <= MAX_GAIN_DB) return undefined;
  return new OffhookError(
    "INVALID_AUDIO",
    fits ? `setBackground: gainDb is ${gainDb}.` : "setBackground: the samples are no Int16Array.",
    { remedy: `Give 16-bit samples at the call's rate, and a gain of at most ${MAX_GAIN_DB} dB.` },
  );
}

/** Louder than its own samples by so much, it would be nothing but clipping. */
const MAX_GAIN_DB = 20;

function invalid(message: string, remedy: string): OffhookError {
  return new OffhookError("INVALID_OPTION", message, { remedy });
}
