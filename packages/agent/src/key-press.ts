import type { CallSession } from "@offhook/session";
import { type Unmet, type WaitOptions, waitOnCall } from "./wait-on-call.js";

export type KeyPressResult =
  | { readonly status: "pressed"; readonly digit: string }
  | { readonly status: Unmet };

/** Waits for the next key that the user presses, whichever way it comes. */
export async function waitForKey(call: CallSession, options: WaitOptions): Promise<KeyPressResult> {
  const waited = await waitOnCall<string>(call, options, (meet) =>
    call.on("dtmf", ({ digit }) => meet(digit)),
  );
  return "met" in waited ? { status: "pressed", digit: waited.met } : { status: waited.unmet };
}
