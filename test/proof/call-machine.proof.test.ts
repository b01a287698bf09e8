import {
  advance,
  CALL_STATES,
  type CallDirection,
  type CallState,
  type CallTimer,
  endReasonRow,
  isTerminal,
  mayFollow,
  openCall,
  outcomeOf,
} from "@offhook/session";
import { describe, expect, it } from "vitest";
import { explore, type Move, movesFrom, type Node, settings, situationOf } from "./explore.js";

/** What must hold of every step that any call can ever take; the first that does not is returned. */
function fault({ before, after, effects }: Move): string | undefined {
  const from = before.snapshot;
  const to = after.snapshot;
  if (isTerminal(from.state)) return effects.length > 0 || from !== to ? "it goes on" : undefined;
  const timers = new Set<CallTimer>(from.running);
  let state: CallState = from.state;
  for (const effect of effects)
    if (effect.type === "start_timer") timers.add(effect.timer);
    else if (effect.type === "stop_timer") timers.delete(effect.timer);
    else if (effect.type === "enter") {
      if (!mayFollow(state, effect.state)) return `${effect.state} cannot follow ${state}`;
      state = effect.state;
    }
  if (state !== to.state) return `it is ${to.state} without entering it`;
  const closes = effects.filter((effect) => effect.type === "close").length;
  if (!isTerminal(to.state)) {
    if (closes > 0) return "it closes without an end";
    const offered = to.facts.direction === "inbound" && to.state === "ringing";
    return to.running.length === 0 && !offered ? "it would wait for ever" : undefined;
  }
  if (closes !== 1 || effects.at(-1)?.type !== "close") return `it closes ${closes} times`;
  if (to.running.length > 0) return `${to.running.join()} still runs`;
  const identity = { callId: "c", createdAtWallMs: 0 };
  const { endReason, finalState } = outcomeOf(identity, to.facts, to.states, settings.profile);
  if (finalState !== to.state) return `it ends as ${to.state} and is told as ${finalState}`;
  if (!endReasonRow(endReason).finalStates.includes(finalState))
    return `${endReason} cannot be ${finalState}`;
  return undefined;
}

describe.each<CallDirection>(["outbound", "inbound"])("every %s call there can be", (direction) => {
  const faults = new Set<string>();
  const stuck = new Set<string>();
  const explored = explore(direction, {
    onMove(move) {
      const found = fault(move);
      if (found) faults.add(`${move.before.snapshot.state}, ${move.label}: ${found}`);
    },
    onSituation(node, situation) {
      const { facts, state } = node.snapshot;
      const offered = facts.direction === "inbound" && state === "ringing";
      if (!offered && !endsByTimers(node)) stuck.add(situation);
    },
  });

  it("ends at most once, closes then and only then, and leaves no timer behind", () => {
    expect([...faults]).toEqual([]);
    expect(explored.situations).toBeGreaterThan(1_000);
    expect(explored.moves).toBeGreaterThan(50_000);
    expect(explored.depth).toBeGreaterThan(8);
  });

  it("comes to its end by timers alone, if nobody says anything any more", () => {
    expect([...stuck]).toEqual([]);
  });

  it("walks no transition that the table of states does not have", () => {
    for (const edge of explored.edges.keys()) expect(transitions()).toContain(edge);
  });

  it("walks every transition of the table that its direction has", () => {
    const own = transitions().filter(
      (edge) => direction === "outbound" || !/pending|dialing|canceled/.test(edge),
    );
    expect([...explored.edges.keys()]).toEqual(expect.arrayContaining(own));
  });
});

function transitions(): string[] {
  return Object.entries(CALL_STATES).flatMap(([from, { next }]) =>
    next.map((to) => `${from} → ${to}`),
  );
}

/** Lets the timer that was started first run out, again and again. */
function endsByTimers({ snapshot, atMs }: Node): boolean {
  let call = snapshot;
  for (let steps = 0; steps < 10 && !isTerminal(call.state); steps++) {
    const [timer] = call.running;
    if (timer === undefined) return false;
    call = advance(call, { type: "timer", timer, atMs }).snapshot;
  }
  return isTerminal(call.state);
}

describe("the exploration", () => {
  it("may take two calls in the same situation for one: they go on alike", () => {
    const known = new Map<string, Node>();
    let compared = 0;
    explore("outbound", {
      onSituation: (node, situation) => void known.set(situation, node),
      onAgain(node, situation) {
        // Every situation is reached in many ways; a sample of them is compared in full.
        const first = known.get(situation);
        if (compared++ % 101 === 0 && first) expect(future(node)).toBe(future(first));
      },
    });
    expect(compared).toBeGreaterThan(10_000);
  });

  it("takes no step whose timer does not run", () => {
    const { snapshot } = openCall("outbound", settings);
    const labels = movesFrom({ snapshot, atMs: 0 }).map(({ label }) => label);
    expect(labels).toContain("not placed in time");
    expect(labels).not.toContain("rang out");
  });
});

/** Everything that can follow, and what it does. */
function future(node: Node): string {
  return movesFrom(node)
    .map((move) => `${move.label}: ${situationOf(move.after)} ${effectsOf(move)}`)
    .join("\n");
}

function effectsOf({ effects }: Move): string {
  return effects.map((effect) => effect.type).join();
}
