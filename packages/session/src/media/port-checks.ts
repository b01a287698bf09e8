import { OffhookError } from "../errors.js";
import type { AudioFrame } from "../vocabulary.js";
import type { CallAudio, SendDtmfOptions } from "./call-audio.js";
import { eventOfDigit } from "./rtp/telephone-event.js";

/** Why a frame cannot be written to a port of this format: INVALID_AUDIO. */
export function checkPlayable(
  frame: AudioFrame,
  format: CallAudio["format"],
): OffhookError | undefined {
  const { data, sampleRate, channels, samplesPerChannel } = frame;
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
    `A frame of ${data?.length} samples (${channels} × ${samplesPerChannel} at ${sampleRate} Hz) was written to a call of 1 channel at ${format.sampleRate} Hz.`,
    { remedy: "Convert it with audioFrames(), or open the call at the audio's own sample rate." },
  );
}

/** Why digits cannot be sent: INVALID_OPTION. */
export function checkDigits(
  digits: string,
  options: Required<SendDtmfOptions>,
): OffhookError | undefined {
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

function invalid(message: string, remedy: string): OffhookError {
  return new OffhookError("INVALID_OPTION", message, { remedy });
}
