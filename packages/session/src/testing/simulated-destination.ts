import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Destination } from "../carrier.js";
import { OffhookError } from "../errors.js";

/** E.164 or a SIP URI. Throws INVALID_DESTINATION. */
export function parseSimulatedDestination(to: string): Destination {
  const text = to.trim();
  if (/^sips?:[^\s@]+(@[^\s@]+)?$/i.test(text)) return { address: text, kind: "sip" };
  const number = text.startsWith("+") ? parsePhoneNumberFromString(text) : undefined;
  if (number?.isPossible()) return { address: number.number, kind: "e164" };
  throw new OffhookError(
    "INVALID_DESTINATION",
    "The destination is no number that can be dialled.",
    {
      remedy: "Give a plus, the country code and the digits, such as +12025550100, or a SIP URI.",
    },
  );
}
