import {
  advance,
  type CallInput,
  carrierProfileSchema,
  decideEnd,
  type InboundLeg,
  isTerminal,
  type LegSignal,
  type LegSink,
  type OutboundLeg,
  openCall,
  resolveLimits,
} from "@offhook/session";

export interface LegRecorder extends LegSink {
  readonly signals: readonly LegSignal[];
  /** The leg itself; when it is told to end, that counts as the agent's doing. */
  watch<Leg extends OutboundLeg | InboundLeg>(leg: Leg, direction: "inbound" | "outbound"): Leg;
  /** What the outcome of a call made of these signals gives as its reason. */
  endReason(): string;
  /** The `count`-th signal of this type. */
  until<Type extends LegSignal["type"]>(
    type: Type,
    count?: number,
    timeoutMs?: number,
  ): Promise<Extract<LegSignal, { type: Type }>>;
}

/** Keeps what a leg tells, and waits for it. */
export function recordLeg(): LegRecorder {
  const signals: LegSignal[] = [];
  const listeners = new Set<() => void>();
  const inputs: CallInput[] = [];
  let direction: "inbound" | "outbound" = "outbound";
  const atMs = 0;
  return {
    signals,
    watch(leg, wanted) {
      direction = wanted;
      const endings = new Set<PropertyKey>(["bye", "cancel", "reject"]);
      return new Proxy(leg, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== "function") return value;
          return (...given: unknown[]) => {
            if (endings.has(name)) inputs.push({ type: "end", by: "agent", atMs });
            return Reflect.apply(value, target, given);
          };
        },
      });
    },
    endReason() {
      const profile = carrierProfileSchema.parse({});
      const settings = { limits: resolveLimits(), profile, hearsVoice: false };
      let { snapshot } = openCall(direction, settings);
      // What is still up when a test is over ends with its carrier.
      const shutdown: CallInput = {
        type: "end",
        by: "runtime",
        reason: "RUNTIME_SHUTDOWN",
        atMs,
      };
      for (const input of [...inputs, shutdown])
        if (!isTerminal(snapshot.state)) snapshot = advance(snapshot, input).snapshot;
      return decideEnd(snapshot.facts, profile).endReason;
    },
    onSignal(signal) {
      signals.push(signal);
      inputs.push({ type: "signal", signal: { ...signal, atMs } });
      for (const listener of [...listeners]) listener();
    },
    until(type, count = 1, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          listeners.delete(look);
          const seen = JSON.stringify(signals);
          reject(new Error(`no ${type} (${count}) within ${timeoutMs} ms among: ${seen}`));
        }, timeoutMs);
        const look = () => {
          const found = signals.filter((signal) => signal.type === type)[count - 1];
          if (!found) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(found as Extract<LegSignal, { type: typeof type }>);
        };
        listeners.add(look);
        look();
      });
    },
  };
}
