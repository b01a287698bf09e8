import { type AudioSource, type CallSession, isOffhookError, isTerminal } from "@offhook/session";
import type { AgentSession } from "./agent-session.js";
import type { Hold } from "./hold.js";
import { type TransferOptions, type TransferResult, transferCall } from "./transfer.js";

export interface AttendedTransferOptions extends Pick<TransferOptions, "timeoutMs"> {
  readonly mode: "attended";
  /** What the caller hears while on hold; see `HoldOptions.music`. */
  readonly music?: AudioSource;
  /**
   * Speaks with whom the caller is to be transferred to, while the caller waits on hold. Returning
   * false, or throwing, calls the transfer off. Default: transfers as soon as they answered.
   */
  readonly brief?: (consultation: AgentSession) => unknown;
}

/** How long a consultation that was replaced may take to end by itself. */
const REPLACED_MS = 2_000;

/**
 * Calls somebody, talks with them first, and then joins the caller to that very call (REFER with
 * Replaces, RFC 5589 7). Whatever goes wrong, the caller is taken off hold and the call goes on.
 */
export async function attendedTransfer(
  call: CallSession,
  to: string,
  options: AttendedTransferOptions,
  hold: Hold,
  sessionOf: (call: CallSession) => AgentSession,
): Promise<TransferResult> {
  const destination = call.parseDestination(to);
  const { music } = options;
  const wasHeld = await hold
    .set(true, music === undefined ? {} : { music })
    .catch(ignoreUnsupported);
  const consultation = call.consultation(`${call.callId}-consultation`);
  const off = call.on("call_end", () => void endUnless(consultation));
  try {
    consultation.dial({ destination });
    const result = await consult(call, consultation, to, options, sessionOf);
    if (result.status !== "completed" && wasHeld && call.state === "active")
      await hold.set(false).catch(ignoreUnsupported);
    return result;
  } finally {
    off();
    await endUnless(consultation);
  }
}

async function consult(
  call: CallSession,
  consultation: CallSession,
  to: string,
  { brief, timeoutMs }: AttendedTransferOptions,
  sessionOf: (call: CallSession) => AgentSession,
): Promise<TransferResult> {
  const session = sessionOf(consultation);
  const answered = await new Promise<boolean>((resolve) => {
    consultation.on("active", () => resolve(true));
    consultation.on("call_end", () => resolve(false));
    if (isTerminal(consultation.state)) resolve(false);
  });
  if (isTerminal(call.state)) return { status: "ended" };
  if (!answered) return { status: "unreachable", endReason: (await consultation.ended).endReason };
  let wanted: unknown;
  try {
    wanted = await brief?.(session);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    call.noteFault({ code: "HOOK_THREW", message, where: "transfer:brief" });
    wanted = false;
  }
  if (isTerminal(call.state)) return { status: "ended" };
  if (wanted === false || isTerminal(consultation.state)) return { status: "declined" };
  const result = await transferCall(
    call,
    to,
    timeoutMs === undefined ? {} : { timeoutMs },
    consultation,
  );
  if (result.status === "completed") await endsByItself(consultation);
  return result;
}

/** Whom the caller was joined to ends our leg of it (RFC 3891 3). */
async function endsByItself(consultation: CallSession): Promise<void> {
  const { clock } = consultation;
  let timer: ReturnType<typeof clock.setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, REPLACED_MS);
  });
  await Promise.race([consultation.ended, limit]);
  clock.clear(timer);
}

async function endUnless(consultation: CallSession): Promise<void> {
  if (!isTerminal(consultation.state)) await consultation.end();
}

function ignoreUnsupported(thrown: unknown): false {
  // A leg that cannot hold leaves the caller in silence instead.
  if (isOffhookError(thrown, "UNSUPPORTED")) return false;
  throw thrown;
}
