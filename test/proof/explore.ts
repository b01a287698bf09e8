import {
  advance,
  type CallDirection,
  type CallEffect,
  type CallSettings,
  type CallSnapshot,
  type CallState,
  carrierProfileSchema,
  isTerminal,
  openCall,
  resolveLimits,
} from "@offhook/session";
import { canHappen, STEPS } from "./steps.js";

export const settings: CallSettings = {
  limits: resolveLimits(),
  profile: carrierProfileSchema.parse({}),
  hearsVoice: true,
};

/** A call at a time. */
export interface Node {
  readonly snapshot: CallSnapshot;
  readonly atMs: number;
}

/** One step of one call. */
export interface Move {
  readonly before: Node;
  readonly label: string;
  readonly after: Node;
  readonly effects: readonly CallEffect[];
}

export interface Exploration {
  /** How many situations a call can be in, told apart by everything that can matter later. */
  readonly situations: number;
  readonly moves: number;
  /** The longest shortest way to a situation: all histories of any length end up in these. */
  readonly depth: number;
  /** Which steps lead from state to state, by `from → to`. */
  readonly edges: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Around the thresholds that ring time is held against: below, inside and above them. */
const ringTimesMs = [0, 4_000, 50_000];

export interface Explorer {
  /** Sees every step out of every situation. */
  onMove?(move: Move): void;
  /** Sees every situation once, when it is found. */
  onSituation?(node: Node, situation: string): void;
  /** Sees another way to a situation that was found before. */
  onAgain?(node: Node, situation: string): void;
}

/**
 * Walks everything that can happen to a call until nothing new is found: breadth first, each
 * situation once.
 */
export function explore(direction: CallDirection, explorer: Explorer = {}): Exploration {
  const first: Node = { snapshot: openCall(direction, settings).snapshot, atMs: 0 };
  const known = new Set<string>();
  const edges = new Map<string, Set<string>>();
  let moves = 0;
  let depth = -1;
  let frontier = [first];
  const visit = (node: Node, found: Node[]) => {
    const situation = situationOf(node);
    if (known.has(situation)) return explorer.onAgain?.(node, situation);
    known.add(situation);
    found.push(node);
    explorer.onSituation?.(node, situation);
  };
  visit(first, []);
  for (; frontier.length > 0; depth++) {
    const found: Node[] = [];
    for (const node of frontier)
      for (const move of movesFrom(node)) {
        moves += 1;
        explorer.onMove?.(move);
        note(edges, move);
        // A step that changed nothing leads nowhere new.
        if (move.after.snapshot !== node.snapshot || move.after.atMs !== node.atMs)
          visit(move.after, found);
      }
    frontier = found;
  }
  return { situations: known.size, moves, depth, edges };
}

/** Everything that can happen next. */
export function movesFrom(node: Node): Move[] {
  const { snapshot, atMs } = node;
  const moves = STEPS.flatMap(({ label, input }): Move[] => {
    const told = input(atMs);
    if (!canHappen(snapshot, told)) return [];
    const { snapshot: next, effects } = advance(snapshot, told);
    return [{ before: node, label, after: { snapshot: next, atMs }, effects }];
  });
  const later = waited(node);
  return later
    ? [...moves, { before: node, label: "time passes", after: later, effects: [] }]
    : moves;
}

/** The same call when it has rung until past the next threshold. */
function waited({ snapshot, atMs }: Node): Node | undefined {
  const { ringStartedAtMs, connectedAtMs } = snapshot.facts;
  if (ringStartedAtMs === undefined || connectedAtMs !== undefined || isTerminal(snapshot.state))
    return undefined;
  const next = ringTimesMs.find((ringMs) => ringStartedAtMs + ringMs > atMs);
  return next === undefined ? undefined : { snapshot, atMs: ringStartedAtMs + next };
}

/**
 * What tells situations apart: everything that the machine or the decision could still ask for.
 * Times are left out but for how long it rang; what is only evidence is left out.
 */
export function situationOf({ snapshot, atMs }: Node): string {
  const { state, facts, running, speaking, held, audioLost } = snapshot;
  if (isTerminal(state)) return state;
  const { ringStartedAtMs, connectedAtMs, verdict, ending, provisional } = facts;
  const rings = connectedAtMs === undefined && ringStartedAtMs !== undefined;
  const early = connectedAtMs === undefined ? provisional : [];
  const flags = [
    speaking.user,
    speaking.agent,
    held,
    audioLost,
    facts.firstAudioAtMs !== undefined,
    connectedAtMs !== undefined,
    early.length > 0,
    early.some(({ hasSdp }) => hasSdp),
    provisional.some(({ toVoicemail }) => toVoicemail),
    facts.userTurns > 0,
  ];
  const ended = ending?.by === "us" ? `${ending.requester}:${ending.reason}` : ending?.by;
  return [
    state,
    ended,
    running.toSorted().join("+"),
    flags.map(Number).join(""),
    rings ? atMs - ringStartedAtMs : "",
    verdict?.phase,
    facts.transfer?.status,
  ].join(" ");
}

function note(edges: Map<string, Set<string>>, { before, label, after }: Move): void {
  // One step may pass through nothing: a state is entered once, so the pair says it all.
  const [from, to]: CallState[] = [before.snapshot.state, after.snapshot.state];
  if (from === to) return;
  const labels = edges.get(`${from} → ${to}`) ?? new Set<string>();
  edges.set(`${from} → ${to}`, labels.add(label));
}
