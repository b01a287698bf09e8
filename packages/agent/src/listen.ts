import type { CallSession, TimerHandle } from "@offhook/session";
import { type Unmet, type WaitOptions, waitOnCall } from "./wait-on-call.js";

export interface ListenOptions extends WaitOptions {
  /** The user is done after this much quiet. Default 700. */
  readonly quietMs?: number;
}

export interface ListenResult {
  /** `heard`: the user spoke and is quiet again. */
  readonly status: "heard" | Unmet;
  /** From the first sound of this listening to the last. */
  readonly spokenMs: number;
}

/** Waits for the user to say something and to be done with it, going by voice activity alone. */
export async function listenForUser(
  call: CallSession,
  { quietMs = 700, ...options }: ListenOptions,
): Promise<ListenResult> {
  let firstMs = call.snapshot.speaking.user ? call.atMs : undefined;
  let lastMs = call.atMs;
  let speaking = firstMs !== undefined;

  const waited = await waitOnCall<void>(call, options, (meet) => {
    let quiet: TimerHandle | undefined;
    const off = call.on("user_voice", ({ active, atMs }) => {
      call.clock.clear(quiet);
      speaking = active;
      lastMs = atMs;
      if (active) firstMs ??= atMs;
      else if (firstMs !== undefined) quiet = call.clock.setTimeout(() => meet(), quietMs);
    });
    return () => {
      off();
      call.clock.clear(quiet);
    };
  });
  const untilMs = speaking ? call.atMs : lastMs;
  return {
    status: "met" in waited ? "heard" : waited.unmet,
    spokenMs: firstMs === undefined ? 0 : untilMs - firstMs,
  };
}
