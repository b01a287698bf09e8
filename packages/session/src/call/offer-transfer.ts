import type { EventHub } from "../event-hub.js";
import type { FollowedTransfer, SessionEvents } from "../events.js";
import type { TransferRequest } from "../vocabulary.js";
import type { CallLegs } from "./call-legs.js";

/** The status of a refusal that nobody gave another. */
const DECLINED = 603;

/**
 * Asks the hooks about a transfer that the far side wants. Refused once they have all settled, or at
 * their deadline, and none accepted: nobody is sent elsewhere without the program's own word.
 */
export async function offerTransfer(
  hub: EventHub<SessionEvents>,
  legs: Pick<CallLegs, "acceptTransfer" | "refuseTransfer">,
  about: { readonly callId: string; readonly atMs: number },
  request: TransferRequest,
): Promise<void> {
  const { requestId } = request;
  let followed: Promise<FollowedTransfer> | undefined;
  let decided = false;
  const decide = (act: () => void) => {
    if (decided) return;
    decided = true;
    act();
  };
  const refuse = (status = DECLINED) => decide(() => legs.refuseTransfer(requestId, status));
  const accept = () => {
    decide(() => {
      followed = whatBecomes(hub, requestId);
      legs.acceptTransfer(requestId);
    });
    // Refused already, or asked too late.
    return followed ?? Promise.resolve<FollowedTransfer>({ status: "failed" });
  };
  await hub.emit("transfer_request", { ...about, ...request, accept, refuse });
  refuse();
}

function whatBecomes(hub: EventHub<SessionEvents>, requestId: string): Promise<FollowedTransfer> {
  return new Promise((resolve) => {
    const settle = (result: FollowedTransfer) => {
      offFollowed();
      offEnd();
      resolve(result);
    };
    const offFollowed = hub.on("transfer_followed", ({ requestId: other, progress }) => {
      const { status, sipStatus } = progress;
      if (other !== requestId || (status !== "completed" && status !== "failed")) return;
      settle({ status, ...(sipStatus === undefined ? {} : { sipStatus }) });
    });
    const offEnd = hub.on("call_end", () => settle({ status: "ended" }));
  });
}
