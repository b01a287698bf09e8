import { type Clock, OffhookError } from "@offhook/session";
import { patiently } from "./patience.js";
import { portFault } from "./port-fault.js";
import type { ReplyPart } from "./ports.js";
import { PushQueue } from "./push-queue.js";

/** What a model may ask for besides saying something. */
export type ReplyAction = Exclude<ReplyPart, string | { readonly type: "uninterruptible" }>;

export interface PerformReplyOptions {
  readonly clock: Clock;
  /** Gives the answer up. */
  readonly signal: AbortSignal;
  /** The answer has failed when nothing came of it for this long. */
  readonly stallMs: number;
  /** Later than this is reported. */
  readonly lateMs: number;
  readonly onLate: (fault: OffhookError) => void;
  /** Ends whatever bridges the wait for the first part. */
  readonly whileWaiting: () => void;
  /** Says text as it comes; settles when it was heard or cut short. */
  readonly tell: (text: AsyncIterable<string>, interruptible: boolean) => Promise<unknown>;
  /** What is being said can no longer be interrupted. */
  readonly protect: () => void;
  readonly act: (action: ReplyAction) => Promise<void>;
}

/**
 * Says and does what a model answers, in order: an action waits until all words before it were
 * heard, and is dropped when they were cut short. Returns what went wrong with the model.
 */
export async function performReply(
  open: () => AsyncIterable<ReplyPart>,
  options: PerformReplyOptions,
): Promise<OffhookError | undefined> {
  const { signal, tell, protect, act, whileWaiting } = options;
  let text = new PushQueue<string>();
  let told: Promise<unknown> | undefined;
  let interruptible = true;
  try {
    for await (const part of inTime(open(), options)) {
      whileWaiting();
      if (part === "") continue;
      if (typeof part === "string") {
        told ??= tell(text, interruptible);
        text.push(part);
      } else if (part.type === "uninterruptible") {
        interruptible = false;
        protect();
      } else {
        text.close();
        await told;
        if (signal.aborted) return undefined;
        await act(part);
        text = new PushQueue<string>();
        told = undefined;
      }
    }
    return undefined;
  } catch (thrown) {
    return portFault("model", thrown);
  } finally {
    whileWaiting();
    text.close();
    await told;
  }
}

function inTime(
  source: AsyncIterable<ReplyPart>,
  { clock, signal, stallMs, lateMs, onLate }: PerformReplyOptions,
): AsyncIterable<ReplyPart> {
  return patiently(source, {
    clock,
    signal,
    firstMs: stallMs,
    nextMs: stallMs,
    late: {
      afterMs: lateMs,
      report: (tookMs) =>
        onLate(
          new OffhookError(
            "MODEL_LATE",
            `The model began its answer after ${Math.round(tookMs)} ms.`,
          ),
        ),
    },
    stalled: (waitedMs) =>
      new OffhookError("MODEL_STALLED", `The model said nothing for ${waitedMs} ms.`),
  });
}
