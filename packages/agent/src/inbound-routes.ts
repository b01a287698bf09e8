import type { InboundOffer } from "@offhook/session";
import { z } from "zod";
import { type Agent, isAgent } from "./define-agent.js";

/** Which inbound calls an agent takes. */
export interface InboundRoute {
  /** The number that was dialled: as a whole, its leading + overlooked, or a pattern. */
  readonly to?: string | RegExp;
  /** The caller's number, likewise. */
  readonly from?: string | RegExp;
  readonly agent: Agent;
}

const pattern = z.union([z.string().min(1), z.instanceof(RegExp)], {
  error: "must be a number or a regular expression",
});

export const inboundRouteSchema = z
  .strictObject({
    to: pattern.optional(),
    from: pattern.optional(),
    agent: z.custom<Agent>(isAgent, "must be what defineAgent() returns"),
  })
  .refine(({ to, from }) => to !== undefined || from !== undefined, {
    error: "needs `to` or `from`; the runner's own agent takes what no route does",
  });

/** The agent of the first route that fits the call, or undefined. */
export function routedAgent(
  routes: readonly InboundRoute[],
  { to, from }: Pick<InboundOffer, "to" | "from">,
): Agent | undefined {
  return routes.find((route) => fits(route.to, to) && fits(route.from, from))?.agent;
}

function fits(wanted: string | RegExp | undefined, address: string): boolean {
  if (wanted === undefined) return true;
  // Trunks write the same number with its plus and without.
  if (typeof wanted === "string") return withoutPlus(wanted) === withoutPlus(address);
  // Unlike test(), search() keeps no place between calls in a pattern with the g flag.
  return address.search(wanted) >= 0;
}

function withoutPlus(address: string): string {
  return address.replace(/^\+/, "");
}
