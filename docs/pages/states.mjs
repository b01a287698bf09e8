import { CALL_STATES } from "../../packages/session/dist/index.js";
import { explore } from "../../test/dist/proof/explore.js";
import { code, page, table } from "./markdown.mjs";

const meanings = {
  pending: "Accepted; nothing was sent yet. Outbound only.",
  dialing: "The INVITE is on the wire. Outbound only.",
  ringing: "The far side rings, or an inbound call is offered.",
  active: "Answered; audio flows both ways.",
  not_connected: "Never reached a conversation.",
  ended: "The conversation is over.",
  canceled: "Withdrawn by us before it connected.",
};

export function statesPage() {
  const rows = Object.entries(CALL_STATES).map(([state, { next, status }]) => [
    code(state),
    code(status),
    next.map(code).join(", ") || "nothing",
    meanings[state],
  ]);
  const explored = ["outbound", "inbound"].map((direction) => [direction, explore(direction)]);
  return page(
    "States",
    "A call is in one of seven states and enters exactly one of the three last ones, once. An inbound call starts at `ringing`. While `call_end` hooks run its phase is `closing`.",
    table(["state", "visible status", "what may follow", "meaning"], rows),
    ["```mermaid", "stateDiagram-v2", ...edges(), "```"].join("\n"),
    `## What leads where\n\nFound by walking the machine through everything that can happen, in every situation a call can be in: ${explored
      .map(
        ([direction, { situations, moves, depth }]) =>
          `${situations.toLocaleString("en")} situations and ${moves.toLocaleString("en")} steps of ${direction} calls, the farthest ${depth} steps from the start`,
      )
      .join("; ")}.`,
    ...explored.map(([direction, { edges }]) => `### ${direction}\n\n${causes(edges)}`),
  );
}

function edges() {
  const states = Object.entries(CALL_STATES);
  return [
    "  [*] --> pending: outbound",
    "  [*] --> ringing: inbound",
    ...states.flatMap(([from, { next }]) => next.map((to) => `  ${from} --> ${to}`)),
    ...states.filter(([, { next }]) => next.length === 0).map(([state]) => `  ${state} --> [*]`),
  ];
}

function causes(found) {
  const rows = [...found]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([edge, labels]) => [edge, [...labels].toSorted().join(" · ")]);
  return table(["from → to", "on"], rows);
}
