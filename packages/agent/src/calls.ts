import {
  type CallOutcome,
  type CallState,
  OffhookError,
  type VisibleStatus,
} from "@offhook/session";
import {
  AgentRunner,
  type AgentRunnerOptions,
  type PlaceOptions,
  type RunningCall,
} from "./agent-runner.js";
import type { AgentSession } from "./agent-session.js";

/** One call as the program that placed it sees it. */
export interface Call {
  readonly callId: string;
  /** Whom it goes to or comes from. Private data. */
  readonly userNumber: string;
  /** Our side: the caller id we asked for, or the number that was dialled to reach us. */
  readonly ownNumber: string | undefined;
  readonly direction: "outbound" | "inbound";
  readonly state: CallState;
  readonly status: VisibleStatus;
  /** Known from disconnection on. */
  readonly outcome: CallOutcome | undefined;
  /** Settles with the outcome once the `call_end` hooks have. Never rejects. */
  readonly ended: Promise<CallOutcome>;
  readonly session: AgentSession;
}

/** Places and answers calls over one carrier, and keeps track of them. */
export interface Calls {
  /** Never throws for what becomes of the call; see `AgentRunner.place`. */
  dial(options: PlaceOptions): Call;
  /** Throws NO_SUCH_CALL. Ended calls stay known, the latest 1,000 of them. */
  get(callId: string): Call;
  list(filter?: { readonly status?: VisibleStatus }): readonly Call[];
  /** Withdraws a call, or hangs it up if it is active. Throws NO_SUCH_CALL. */
  cancel(callId: string): Promise<CallOutcome>;
  /** Starts answering the carrier's inbound calls, with the agent or by `routes`. */
  receive(onCall?: (call: Call) => void): void;
  /** See `AgentRunner.drain`. */
  drain(): Promise<void>;
  /** Ends every call and closes the carrier with its sockets and threads. Idempotent. */
  close(): Promise<void>;
  readonly runner: AgentRunner;
}

/** How many ended calls stay known. */
const KEPT_CALLS = 1_000;

export function createCalls(options: AgentRunnerOptions): Calls {
  const runner = new AgentRunner(options);
  const known = new Map<string, { readonly call: Call; readonly running: RunningCall }>();
  const ended: string[] = [];

  const keep = (running: RunningCall): Call => {
    const call = new CallView(running);
    known.set(call.callId, { call, running });
    void call.ended.then(() => {
      ended.push(call.callId);
      if (ended.length > KEPT_CALLS) known.delete(ended.shift() ?? "");
    });
    return call;
  };
  const find = (callId: string) => {
    const entry = known.get(callId);
    if (entry) return entry;
    throw new OffhookError("NO_SUCH_CALL", `There is no call ${JSON.stringify(callId)}.`, {
      remedy: "Use the callId of a call that dial() returned, or that list() shows.",
    });
  };

  return {
    runner,
    dial: (place) => keep(runner.place(place)),
    get: (callId) => find(callId).call,
    list: ({ status } = {}) =>
      [...known.values()]
        .map(({ call }) => call)
        .filter((call) => status === undefined || call.status === status),
    async cancel(callId) {
      const { call } = find(callId).running;
      await call.endAs("api");
      return call.ended;
    },
    receive(onCall) {
      runner.receive((running) => {
        const call = keep(running);
        onCall?.(call);
      });
    },
    drain: () => runner.drain(),
    async close() {
      await runner.close();
      await options.carrier.close();
    },
  };
}

/** A class: a literal with getters would have a hidden class of its own, and keep the call with it. */
class CallView implements Call {
  readonly callId: string;
  readonly userNumber: string;
  readonly ownNumber: string | undefined;
  readonly direction: Call["direction"];
  readonly session: AgentSession;
  readonly ended: Promise<CallOutcome>;
  readonly #call: RunningCall["call"];

  constructor({ call, context }: RunningCall) {
    this.callId = call.callId;
    this.userNumber = context.userNumber;
    this.ownNumber = context.ownNumber;
    this.direction = call.direction;
    this.session = context.session;
    this.ended = call.ended;
    this.#call = call;
  }

  get state(): CallState {
    return this.#call.state;
  }

  get status(): VisibleStatus {
    return this.#call.status;
  }

  get outcome(): CallOutcome | undefined {
    return this.#call.outcome;
  }
}
