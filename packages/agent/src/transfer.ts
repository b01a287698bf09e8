import { type CallSession, type EndReason, isTerminal } from "@offhook/session";

export interface TransferOptions {
  readonly mode?: "blind";
  /** How long the transfer may take, in ms. Default 60,000. */
  readonly timeoutMs?: number;
}

/** What became of a transfer. Only after `completed` is the call over for us. */
export type TransferResult =
  /** Somebody else has the caller now; the call ends as CALL_TRANSFERRED. */
  | { readonly status: "completed" }
  /** The far side, or whom it called, refused; the call goes on. */
  | { readonly status: "failed"; readonly sipStatus?: number }
  /** Attended: whom we asked could not be reached, for this reason; the call goes on. */
  | { readonly status: "unreachable"; readonly endReason: EndReason }
  /** Attended: whom we asked does not want the caller; the call goes on. */
  | { readonly status: "declined" }
  /** Nothing final was heard in time; the call goes on. */
  | { readonly status: "timeout" }
  /** The call ended meanwhile, by a hang-up for instance. */
  | { readonly status: "ended" };

/**
 * Transfers a call with REFER (RFC 3515) and follows its NOTIFYs; with `replacing`, attended
 * (RFC 5589). Rejects with INVALID_DESTINATION, CALL_NOT_ACTIVE, UNSUPPORTED.
 */
export async function transferCall(
  call: CallSession,
  to: string,
  { timeoutMs = 60_000 }: Pick<TransferOptions, "timeoutMs"> = {},
  replacing?: CallSession,
): Promise<TransferResult> {
  const target = call.parseDestination(to).address;
  return new Promise((resolve, reject) => {
    const undo: (() => void)[] = [];
    const settle = (result: TransferResult) => {
      for (const step of undo.splice(0)) step();
      resolve(result);
    };
    undo.push(
      call.on("transfer", ({ progress }) => {
        if (progress.status === "failed") {
          const { sipStatus } = progress;
          settle({ status: "failed", ...(sipStatus === undefined ? {} : { sipStatus }) });
        } else if (progress.status === "completed") {
          settle({ status: "completed" });
          // RFC 5589 6.1: the transferor ends its own dialog once it knows that it worked.
          if (!isTerminal(call.state)) void call.endAs("agent", "CALL_TRANSFERRED");
        }
      }),
      call.on("call_end", ({ endReason }) =>
        settle({ status: endReason === "CALL_TRANSFERRED" ? "completed" : "ended" }),
      ),
    );
    const timer = call.clock.setTimeout(() => settle({ status: "timeout" }), timeoutMs);
    undo.push(() => call.clock.clear(timer));
    try {
      call.refer(target, replacing);
    } catch (thrown) {
      for (const step of undo.splice(0)) step();
      reject(thrown);
    }
  });
}
