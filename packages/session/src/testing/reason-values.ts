import type { ReasonToSend } from "../carrier.js";
import { formatReason } from "../sip/message/reason-header.js";

/** The values of the `Reason` headers (RFC 3326) of a message that gives this reason. */
export function reasonValues(reason: ReasonToSend | undefined): readonly string[] {
  return reason ? [formatReason(reason).replace(/^Reason: /, "")] : [];
}
