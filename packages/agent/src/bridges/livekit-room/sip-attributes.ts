import type { CallState } from "@offhook/session";

/** `sip.callStatus` as LiveKit's own SIP participants have it. */
export type SipCallStatus = "dialing" | "ringing" | "active" | "hangup";

export function sipCallStatus(state: CallState): SipCallStatus {
  if (state === "ringing" || state === "active") return state;
  return state === "pending" || state === "dialing" ? "dialing" : "hangup";
}

const DIGITS = "0123456789*#ABCD";

/** The event code of a digit (RFC 4733 3.2); undefined for what is none. */
export function dtmfCode(digit: string): number | undefined {
  const code = DIGITS.indexOf(digit.toUpperCase());
  return digit.length === 1 && code >= 0 ? code : undefined;
}
