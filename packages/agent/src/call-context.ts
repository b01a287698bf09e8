import type { CallDirection, CallerIdentity } from "@offhook/session";
import type { AgentSession } from "./agent-session.js";

/** One call, as hooks receive it. */
export interface CallContext {
  readonly callId: string;
  readonly direction: CallDirection;
  /** Whom we talk to: the dialled number, or the caller's. Private data. */
  readonly userNumber: string;
  /** Our side: the caller id we asked for, or the number dialled to reach us. Private data. */
  readonly ownNumber: string | undefined;
  /** Who calls, by all that the network says of them and of whom they called first. Inbound only. */
  readonly caller?: CallerIdentity;
  /** What the program that placed the call passed along, or the `X-` headers of an inbound one. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly session: AgentSession;
}
