import type { CallSession, MediaReport } from "@offhook/session";

/** How the talking went, in ms, and how well it was heard; the values of a call in progress run up to now. */
export interface SessionMetrics {
  readonly userSpeechMs: number;
  readonly agentSpeechMs: number;
  /**
   * Silence in which it was the agent's turn: from answer, or from the end of the user's speech,
   * until the agent was audible.
   */
  readonly deadAirMs: number;
  readonly longestDeadAirMs: number;
  readonly userTurns: number;
  readonly agentTurns: number;
  readonly interruptions: number;
  /** From the end of the user's speech to the agent's first sound, once per answer. */
  readonly responseMs: readonly number[];
  readonly faults: number;
  /**
   * What went over the wire: packets, loss, jitter, the way there and back, an estimated MOS.
   * Absent until audio was agreed on.
   */
  readonly media?: MediaReport;
}

/** Measures the talk of one call by what is audible, whoever made it so. */
export class TalkMeter {
  readonly #call: CallSession;
  readonly #speech = { user: new Stretch(), agent: new Stretch() };
  readonly #deadAir = new Stretch();
  readonly #responseMs: number[] = [];
  #userStoppedAtMs: number | undefined;
  #userTurns = 0;
  #agentTurns = 0;
  #interruptions = 0;
  #faults = 0;
  #endedAtMs: number | undefined;

  constructor(call: CallSession) {
    this.#call = call;
    call.on("active", ({ atMs }) => this.#deadAir.begin(atMs));
    call.on("user_voice", ({ active, atMs }) => this.#onUser(active, atMs));
    call.tap({ onAgentVoice: (active, atMs) => this.#onAgent(active, atMs) });
    call.on("hold", ({ atMs }) => this.#deadAir.end(atMs));
    call.on("user_turn", () => void this.#userTurns++);
    call.on("agent_turn", () => void this.#agentTurns++);
    call.on("interruption", () => void this.#interruptions++);
    call.on("fault", () => void this.#faults++);
    call.on("call_end", ({ atMs }) => this.#onEnd(atMs));
  }

  read(): SessionMetrics {
    const atMs = this.#endedAtMs ?? this.#call.atMs;
    const media = this.#call.mediaReport;
    return {
      userSpeechMs: this.#speech.user.totalMs(atMs),
      agentSpeechMs: this.#speech.agent.totalMs(atMs),
      deadAirMs: this.#deadAir.totalMs(atMs),
      longestDeadAirMs: this.#deadAir.longestMs(atMs),
      userTurns: this.#userTurns,
      agentTurns: this.#agentTurns,
      interruptions: this.#interruptions,
      responseMs: [...this.#responseMs],
      faults: this.#faults,
      ...(media ? { media } : {}),
    };
  }

  #onUser(active: boolean, atMs: number): void {
    if (active) {
      this.#speech.user.begin(atMs);
      this.#deadAir.end(atMs);
      this.#userStoppedAtMs = undefined;
      return;
    }
    this.#speech.user.end(atMs);
    if (this.#speech.agent.running || this.#call.state !== "active") return;
    this.#deadAir.begin(atMs);
    this.#userStoppedAtMs = atMs;
  }

  #onAgent(active: boolean, atMs: number): void {
    if (!active) return this.#speech.agent.end(atMs);
    this.#speech.agent.begin(atMs);
    this.#deadAir.end(atMs);
    if (this.#userStoppedAtMs === undefined) return;
    this.#responseMs.push(atMs - this.#userStoppedAtMs);
    this.#userStoppedAtMs = undefined;
  }

  #onEnd(atMs: number): void {
    this.#endedAtMs = atMs;
    for (const stretch of [this.#speech.user, this.#speech.agent, this.#deadAir]) stretch.end(atMs);
  }
}

/** Time that is summed up while something is the case. */
class Stretch {
  #sinceMs: number | undefined;
  #sumMs = 0;
  #longestMs = 0;

  get running(): boolean {
    return this.#sinceMs !== undefined;
  }

  begin(atMs: number): void {
    this.#sinceMs ??= atMs;
  }

  end(atMs: number): void {
    if (this.#sinceMs === undefined) return;
    this.#sumMs += atMs - this.#sinceMs;
    this.#longestMs = Math.max(this.#longestMs, atMs - this.#sinceMs);
    this.#sinceMs = undefined;
  }

  totalMs(atMs: number): number {
    return this.#sumMs + (atMs - (this.#sinceMs ?? atMs));
  }

  longestMs(atMs: number): number {
    return Math.max(this.#longestMs, atMs - (this.#sinceMs ?? atMs));
  }
}
