import type { LegSignal, TransferProgress } from "../vocabulary.js";
import type { Scenario } from "./scenario-step.js";
import { transferStepsTo } from "./simulated-transfer.js";

export interface FollowingHost {
  readonly callId: string;
  readonly tell: (signal: LegSignal) => void;
  readonly after: (delayMs: number, callback: () => void) => unknown;
  /** What whoever is reached at this address does. */
  readonly scenarioAt: (address: string) => Scenario;
  /** Somebody else is on the line now, and does this. */
  readonly goOnWith: (target: string, scenario: Scenario) => void;
  /** Whoever transferred us left before it was known that nobody can be reached. */
  readonly leftAlone: () => void;
}

/** What becomes of the transfers that a simulated far side asks us for. */
export class SimulatedFollowing {
  readonly #host: FollowingHost;
  #asked = 0;
  #open: { readonly requestId: string; readonly target: string } | undefined;
  #following = false;
  #left = false;

  constructor(host: FollowingHost) {
    this.#host = host;
  }

  /** The far side sends REFER. */
  ask(target: string): void {
    this.#asked += 1;
    const requestId = `${this.#host.callId}-refer-${this.#asked}`;
    this.#open = { requestId, target };
    const request = { requestId, target, attended: false };
    this.#host.tell({ type: "transfer_request", request });
  }

  refuse(requestId: string): void {
    if (this.#open?.requestId === requestId) this.#open = undefined;
  }

  accept(requestId: string): void {
    const open = this.#open;
    if (open?.requestId !== requestId || this.#following) return;
    this.#open = undefined;
    this.#following = true;
    const scenario = this.#host.scenarioAt(open.target);
    for (const { afterMs, progress } of transferStepsTo(scenario))
      this.#host.after(afterMs, () => this.#step(open, scenario, progress));
  }

  /** The far side hangs up. True where that does not end the call yet. */
  leave(): boolean {
    this.#left = this.#following;
    return this.#following;
  }

  #step(
    { requestId, target }: { readonly requestId: string; readonly target: string },
    scenario: Scenario,
    progress: TransferProgress,
  ): void {
    const { tell, goOnWith, leftAlone } = this.#host;
    this.#following = progress.status !== "completed" && progress.status !== "failed";
    tell({ type: "transfer_followed", requestId, progress });
    if (progress.status === "completed") {
      const answer = scenario.steps.findIndex(({ type }) => type === "answer");
      goOnWith(target, { steps: scenario.steps.slice(answer + 1) });
      tell({ type: "far_side_changed", how: "transfer" });
    } else if (progress.status === "failed" && this.#left) leftAlone();
  }
}
