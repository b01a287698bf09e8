import type { LegSignal, LegSink } from "@offhook/session";

export interface LegRecorder extends LegSink {
  readonly signals: readonly LegSignal[];
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
  return {
    signals,
    onSignal(signal) {
      signals.push(signal);
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
