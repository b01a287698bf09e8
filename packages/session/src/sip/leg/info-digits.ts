import type { Clock } from "../../clock.js";
import type { MediaLeg, SendDtmfOptions } from "../../media/call-audio.js";
import { checkDigits } from "../../media/port-checks.js";

export interface InfoDigitsOptions {
  readonly clock: Clock;
  /** Sends one digit by INFO; false where the peer does not take it. */
  readonly send: (digit: string, durationMs: number) => Promise<boolean>;
}

/** The same media with digits by INFO, for trunks that hear no others; in RTP where INFO is refused. */
export function withInfoDigits(media: MediaLeg, options: InfoDigitsOptions): MediaLeg {
  const sendDtmf = (digits: string, given: SendDtmfOptions = {}) =>
    sendByInfo(media, digits, given, options);
  return new Proxy(media, {
    get(target, name) {
      if (name === "sendDtmf") return sendDtmf;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** `Signal=5`, as everybody reads it who reads INFO. */
export function digitBody(digit: string, durationMs: number) {
  return {
    contentDisposition: "render",
    contentType: "application/dtmf-relay",
    content: `Signal=${digit}\r\nDuration=${durationMs}\r\n`,
  };
}

async function sendByInfo(
  media: MediaLeg,
  digits: string,
  given: SendDtmfOptions,
  { clock, send }: InfoDigitsOptions,
): Promise<void> {
  const { durationMs = 160, gapMs = 80 } = given;
  const refusal = checkDigits(digits, { durationMs, gapMs });
  if (refusal) throw refusal;
  for (const [at, digit] of [...digits].entries()) {
    if (!(await send(digit.toUpperCase(), durationMs)))
      return media.sendDtmf([...digits].slice(at).join(""), given);
    await new Promise<void>((resolve) => clock.setTimeout(resolve, durationMs + gapMs));
  }
}
