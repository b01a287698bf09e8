import type { SipInboundLeg } from "./inbound-leg.js";
import { SipOutboundLeg } from "./outbound-leg.js";
import { type EndedDialogs, parseReplaces } from "./replaces.js";
import type { Succession } from "./succession.js";

/** The leg that an INVITE with `Replaces` takes over, or how the INVITE is to be refused (RFC 3891 3). */
export function findReplaced(
  values: readonly string[],
  legs: Iterable<SipInboundLeg | SipOutboundLeg>,
  ended: EndedDialogs,
): Succession | { readonly refusal: number } {
  const name = parseReplaces(values);
  if (!name) return { refusal: 400 };
  for (const leg of legs) {
    if (leg.succession.answersTo(name))
      // Answered meanwhile: who only wanted to pick up comes too late.
      return name.earlyOnly ? { refusal: 486 } : leg.succession;
    if (leg instanceof SipOutboundLeg && leg.ringsAs(name)) return leg.succession;
  }
  return { refusal: ended.has(name) ? 603 : 481 };
}
