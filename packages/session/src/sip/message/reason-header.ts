import type { ReasonToSend } from "../../carrier.js";
import type { Q850Location, ReasonEvidence } from "../../vocabulary.js";
import { parseParams, quote, splitOutsideQuotes } from "./header-value.js";

const locations: ReadonlySet<string> = new Set<Q850Location>([
  "U",
  "LPN",
  "LN",
  "TN",
  "RLN",
  "RPN",
  "INTL",
  "BI",
]);

/** Reads every `Reason` header of one message (RFC 3326; `location` is RFC 8606). */
export function readReasonHeaders(values: readonly string[]): ReasonEvidence {
  const reasonHeaders = values.flatMap((value) =>
    splitOutsideQuotes(value, ",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  );
  for (const header of reasonHeaders) {
    const semicolon = header.indexOf(";");
    if (semicolon < 0 || !/^q\.850$/i.test(header.slice(0, semicolon).trim())) continue;
    const params = parseParams(header.slice(semicolon));
    const cause = params["cause"];
    // Q.850 2.2.5: seven bits.
    if (!cause || !/^\d{1,3}$/.test(cause) || Number(cause) < 1 || Number(cause) > 127) continue;
    const location = params["location"]?.toUpperCase();
    const text = params["text"];
    return {
      reasonHeaders,
      q850: Number(cause),
      ...(location && locations.has(location) ? { q850Location: location as Q850Location } : {}),
      ...(text ? { q850Text: text } : {}),
    };
  }
  return { reasonHeaders };
}

/** A `Reason` header line to send. */
export function formatReason(reason: ReasonToSend): string {
  const text = reason.text === undefined ? "" : `;text=${quote(reason.text)}`;
  return `Reason: ${reason.protocol};cause=${reason.cause}${text}`;
}
