import type { ParsedRequest, ParsedResponse } from "../message/parse.js";
import type { HostPort, Wire } from "../transport/wire.js";

/**
 * A dialog over UDP may have large requests go over TCP (RFC 3261 18.1.1), ours and the peer's. What
 * comes by a connection that its own binding knows nothing of is for another binding then.
 */
export interface Elsewhere {
  /** False when nobody sent the request that this answers. */
  takeResponse(response: ParsedResponse, branch: string): boolean;
  /** False when nobody has the dialog. */
  takeRequest(request: ParsedRequest, dialogId: string, from: HostPort, over: Wire): boolean;
}
