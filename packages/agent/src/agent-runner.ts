import { PowerSpectrum } from "@offhook/detection";
import {
  type CallLimits,
  type CallLimitsInput,
  type CallOutcome,
  CallSession,
  type Carrier,
  callerIdSchema,
  callLimitsSchema,
  carrierProfileSchema,
  customHeadersSchema,
  type Destination,
  type InboundOffer,
  isOffhookError,
  LiveSet,
  type Logger,
  messageOf,
  type Random,
  resolveLimits,
  silentLogger,
  systemRandom,
  type TerminalState,
} from "@offhook/session";
import { z } from "zod";
import { answerWithAgent, failCall, setUpAgent } from "./agent-code.js";
import { AgentSession } from "./agent-session.js";
import type { CallContext } from "./call-context.js";
import type { Agent } from "./define-agent.js";
import { attachDetection } from "./detection-tap.js";
import { type InboundRoute, inboundRouteSchema, routedAgent } from "./inbound-routes.js";
import { parseOptions } from "./parse-options.js";
import { PermitWindow } from "./permit-window.js";

export interface AgentRunnerOptions {
  readonly agent: Agent;
  readonly carrier: Carrier;
  /** Other agents for inbound calls; the first route that fits takes the call, else `agent` does. */
  readonly routes?: readonly InboundRoute[];
  /** Calls at once; more are not placed, or refused with 486. Default 1,000. */
  readonly maxSessions?: number;
  /** Outbound calls placed per minute; more are not placed. Default: no limit. */
  readonly permitsPerMinute?: number;
  /**
   * What becomes of outbound calls while `carrier.health` says that the trunk is down: `refuse`
   * (default) ends them as HEALTHCHECK_FAILED with nothing sent, `place` tries all the same.
   */
  readonly whenTrunkDown?: "refuse" | "place";
  /** How long `drain` waits for calls in progress. Default 60,000. */
  readonly drainTimeoutMs?: number;
  /** Waits for all calls of this runner, in ms. */
  readonly limits?: CallLimitsInput;
  readonly logger?: Logger;
  readonly random?: Random;
}

const optionsSchema = z.object({
  routes: z.array(inboundRouteSchema).optional(),
  maxSessions: z.number().int().min(1).max(100_000).default(1_000),
  permitsPerMinute: z.number().int().min(1).max(1_000_000).optional(),
  whenTrunkDown: z.enum(["refuse", "place"]).default("refuse"),
  drainTimeoutMs: z.number().int().min(0).max(86_400_000).default(60_000),
  limits: callLimitsSchema.optional(),
});

/** How long a call that we withdraw on shutdown may wait for the far side's answer. */
const SHUTDOWN_GRACE_MS = 1_000;

/** Whether `to` is a destination is the carrier's to say: that ends in an outcome, not in a throw. */
const placeSchema = z.object({
  to: z.string().max(1_000),
  from: callerIdSchema.optional(),
  headers: customHeadersSchema.optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  limits: callLimitsSchema.optional(),
});

export interface PlaceOptions {
  /** E.164 (`+12025550100`) or a SIP URI. Private data. */
  readonly to: string;
  readonly from?: string;
  /** Extra headers of the INVITE; not those that the SIP stack writes itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Handed to the agent as `ctx.data`. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** This call's own waits, in ms. */
  readonly limits?: CallLimitsInput;
}

/** Hooks for every call of a runner, beside the agent's own on `ctx.session`. */
export interface RunnerHooks {
  /** The agent's `setup` is done, nothing was sent yet. */
  call_start: (context: CallContext) => unknown;
  /** Once per call, whatever became of it; awaited up to `limits.callEndHookMs`. */
  call_end: (context: CallContext, finalState: TerminalState) => unknown;
}

/** One call that a runner has in hand. */
export interface RunningCall {
  readonly call: CallSession;
  readonly context: CallContext;
}

/** Runs agents on the calls of one carrier, and sees each call through to its end. */
export class AgentRunner {
  /** Settles when the runner has drained or was closed. */
  readonly drained: Promise<void>;

  readonly #agent: Agent;
  /** Of the calls of that agent which have none of their own. */
  readonly #limits: CallLimits;
  readonly #routes: readonly InboundRoute[];
  readonly #carrier: Carrier;
  readonly #settings: z.output<typeof optionsSchema>;
  readonly #profile: z.output<typeof carrierProfileSchema>;
  readonly #logger: Logger;
  readonly #random: Random;
  readonly #permits: PermitWindow | undefined;
  /** Of the panels of all calls. */
  readonly #spectrum = new PowerSpectrum();
  readonly #running = new LiveSet<CallSession>();
  readonly #refused = new Set<CallSession>();
  readonly #hooks: { [Name in keyof RunnerHooks]: Set<RunnerHooks[Name]> } = {
    call_start: new Set(),
    call_end: new Set(),
  };
  #stopReceiving: (() => void) | undefined;
  #draining = false;
  #markDrained: () => void = () => {};

  constructor(options: AgentRunnerOptions) {
    const { agent, carrier, logger, random, ...rest } = options;
    this.#settings = parseOptions("AgentRunner", optionsSchema, rest);
    this.#profile = parseOptions("carrier profile", carrierProfileSchema, carrier.profile ?? {});
    this.#agent = agent;
    this.#limits = this.#limitsOf(agent);
    this.#routes = options.routes ?? [];
    this.#carrier = carrier;
    this.#logger = logger ?? silentLogger;
    this.#random = random ?? systemRandom();
    this.drained = new Promise((resolve) => {
      this.#markDrained = resolve;
    });
    const { permitsPerMinute } = this.#settings;
    if (permitsPerMinute !== undefined)
      this.#permits = new PermitWindow(carrier.clock, permitsPerMinute, 60_000);
  }

  /** How many calls are in hand. */
  get sessions(): number {
    return this.#running.size;
  }

  /** Adds a hook for the calls to come; returns its removal. */
  on<Name extends keyof RunnerHooks>(name: Name, hook: RunnerHooks[Name]): () => void {
    this.#hooks[name].add(hook);
    return () => void this.#hooks[name].delete(hook);
  }

  /**
   * Takes a call in hand and places it once the agent's `setup` is done. Never throws for what
   * becomes of the call: an invalid number, a limit that is hit and a `setup` that throws all end in
   * an outcome. Throws INVALID_OPTION for options that no call could have.
   */
  place(options: PlaceOptions): RunningCall {
    const { to, from, limits, data = {} } = parseOptions("place", placeSchema, options);
    const full = this.#isFull;
    const call = this.#open("outbound", this.#agent, limits);
    const context = this.#contextOf(call, this.#agent, { userNumber: to, ownNumber: from, data });
    if (full) this.#refused.add(call);
    void this.#outbound(call, context, options, full);
    return { call, context };
  }

  /** Starts answering the calls that the carrier offers. Idempotent. */
  receive(onCall?: (running: RunningCall) => void): void {
    this.#stopReceiving ??= this.#carrier.receiveCalls((offer) => {
      const full = this.#isFull;
      const agent = routedAgent(this.#routes, offer) ?? this.#agent;
      const call = this.#open("inbound", agent, undefined);
      if (full) this.#refused.add(call);
      const context = this.#contextOf(call, agent, {
        userNumber: offer.from,
        ownNumber: offer.to,
        data: { ...offer.headers, to: offer.to },
        ...(offer.identity === undefined ? {} : { caller: offer.identity }),
      });
      onCall?.({ call, context });
      void this.#inboundCall(call, agent, context, offer, full);
    });
  }

  /**
   * Takes no new calls and waits for those in hand; what is left after `drainTimeoutMs` ends as
   * RUNTIME_SHUTDOWN. Idempotent.
   */
  drain(): Promise<void> {
    if (!this.#draining) void this.#drain(this.#settings.drainTimeoutMs);
    return this.drained;
  }

  /** Drains without waiting: every call in hand ends now. The carrier stays open; it is yours. */
  async close(): Promise<void> {
    this.#draining = true;
    this.#stopReceiving?.();
    await this.#endAll();
    this.#markDrained();
  }

  /**
   * Drains on SIGINT and SIGTERM; a second signal ends the calls at once. Returns how to undo it.
   */
  drainOn(signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"]): () => void {
    const onSignal = () => void (this.#draining ? this.#endAll() : this.drain());
    for (const signal of signals) process.on(signal, onSignal);
    const undo = () => {
      for (const signal of signals) process.off(signal, onSignal);
    };
    // Once drained, the signals are the program's own again.
    void this.drained.then(undo);
    return undo;
  }

  #open(
    direction: "outbound" | "inbound",
    agent: Agent,
    callLimits: CallLimitsInput | undefined,
  ): CallSession {
    const call = new CallSession(direction, {
      callId: `call_${this.#random.hex(8)}`,
      carrier: this.#carrier,
      logger: this.#logger,
      settings: {
        limits:
          agent === this.#agent && callLimits === undefined
            ? this.#limits
            : this.#limitsOf(agent, callLimits),
        profile: this.#profile,
        hearsVoice: true,
      },
    });
    const leave = this.#running.add(call);
    void call.ended.then((outcome) => {
      leave();
      this.#forget(call, outcome);
    });
    return call;
  }

  #limitsOf(agent: Agent, callLimits?: CallLimitsInput): CallLimits {
    return resolveLimits(this.#settings.limits, this.#profile.limits, agent.limits, callLimits);
  }

  #forget(call: CallSession, outcome: CallOutcome): void {
    this.#refused.delete(call);
    const { callId, endReason, finalState, endedBy } = outcome;
    this.#logger.info({ callId, endReason, finalState, endedBy }, "call ended");
  }

  #contextOf(
    call: CallSession,
    agent: Agent,
    parties: Pick<CallContext, "userNumber" | "ownNumber" | "caller" | "data">,
  ): CallContext {
    const session = new AgentSession(call);
    const { callId, direction } = call;
    const context: CallContext = { callId, direction, ...parties, session };
    attachDetection(call, agent, this.#spectrum);
    for (const hook of this.#hooks.call_start) call.on("call_start", () => hook(context));
    for (const hook of this.#hooks.call_end)
      call.on("call_end", ({ finalState }) => hook(context, finalState));
    return context;
  }

  /** No room for one more call. Those that were refused, and only wait for their hooks, take none. */
  get #isFull(): boolean {
    return this.#running.size - this.#refused.size >= this.#settings.maxSessions;
  }

  async #outbound(
    call: CallSession,
    context: CallContext,
    options: PlaceOptions,
    full: boolean,
  ): Promise<void> {
    const draining = this.#draining;
    if (!(await setUpAgent(this.#agent, call, context))) return;
    if (draining) return void call.endAs("runtime", "RUNTIME_SHUTDOWN");
    if (full) return call.notPlaced("CONCURRENCY_LIMIT_EXCEEDED");
    const destination = this.#parse(call, options.to);
    if (!destination) return call.notPlaced("INVALID_DESTINATION");
    if (this.#isTrunkDown(call)) return call.notPlaced("HEALTHCHECK_FAILED");
    if (this.#permits && !this.#permits.take()) return call.notPlaced("RATE_LIMIT_EXCEEDED");
    answerWithAgent(this.#agent, call, context);
    const { from, headers } = options;
    try {
      call.dial({
        destination,
        ...(from === undefined ? {} : { from }),
        ...(headers === undefined ? {} : { headers }),
      });
    } catch (thrown) {
      failCall(call, thrown, "leg", "INTERNAL_ERROR");
    }
  }

  async #inboundCall(
    call: CallSession,
    agent: Agent,
    context: CallContext,
    offer: InboundOffer,
    full: boolean,
  ): Promise<void> {
    try {
      call.receive(offer);
    } catch (thrown) {
      return failCall(call, thrown, "leg", "INTERNAL_ERROR");
    }
    if (this.#draining) return void call.endAs("runtime", "RUNTIME_SHUTDOWN", 503);
    if (full) return void call.endAs("runtime", "CONCURRENCY_LIMIT_EXCEEDED", 486);
    answerWithAgent(agent, call, context);
    if (await setUpAgent(agent, call, context)) {
      call.open();
      call.answer();
    }
  }

  #isTrunkDown(call: CallSession): boolean {
    const state = this.#carrier.health?.state;
    if (state?.status !== "down" || this.#settings.whenTrunkDown === "place") return false;
    const message = `The trunk is down: ${state.detail ?? "it does not answer"}.`;
    call.noteFault({ code: "TRANSPORT_FAILED", message, where: "trunk" });
    return true;
  }

  #parse(call: CallSession, to: string): Destination | undefined {
    try {
      return this.#carrier.parseDestination(to);
    } catch (thrown) {
      const code = isOffhookError(thrown) ? thrown.code : "INTERNAL";
      call.noteFault({ code, message: messageOf(thrown), where: "destination" });
      return undefined;
    }
  }

  async #drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    this.#stopReceiving?.();
    const { clock } = this.#carrier;
    const inHand = Promise.all([...this.#running].map((call) => call.ended));
    let timer: ReturnType<typeof clock.setTimeout> | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, timeoutMs);
    });
    await Promise.race([inHand, deadline]);
    clock.clear(timer);
    await this.#endAll();
    this.#markDrained();
  }

  async #endAll(): Promise<void> {
    const { clock } = this.#carrier;
    const calls = [...this.#running];
    const endThem = () => {
      for (const call of calls) void call.endAs("runtime", "RUNTIME_SHUTDOWN");
    };
    endThem();
    // Asked a second time, a call no longer waits for the far side to agree.
    const grace = clock.setTimeout(endThem, SHUTDOWN_GRACE_MS);
    await Promise.all(calls.map((call) => call.ended));
    clock.clear(grace);
  }
}
