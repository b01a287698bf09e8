import { type CallSession, isTerminal } from "@offhook/session";

/** How long the far side may take to agree. */
const AGREE_MS = 10_000;

/**
 * Puts the far side on hold or takes it off. Settles with whether it is as asked: false when the far
 * side did not agree in time, or the call ended. Rejects with CALL_NOT_ACTIVE, UNSUPPORTED.
 */
export async function holdCall(call: CallSession, held: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const undo: (() => void)[] = [];
    const settle = (done: boolean) => {
      for (const step of undo.splice(0)) step();
      resolve(done);
    };
    undo.push(
      call.on("hold", (event) => {
        if (event.by === "us" && event.held === held) settle(true);
      }),
      call.on("call_end", () => settle(false)),
    );
    const timer = call.clock.setTimeout(() => settle(false), AGREE_MS);
    undo.push(() => call.clock.clear(timer));
    try {
      call.hold(held);
      if (isTerminal(call.state)) settle(false);
    } catch (thrown) {
      for (const step of undo.splice(0)) step();
      reject(thrown);
    }
  });
}
