import { isOffhookError, messageOf } from "../../errors.js";
import type { Binding } from "../binding.js";
import type { HostPort } from "../transport/wire.js";

/** Where a call goes and over which transport. */
export interface Route {
  readonly binding: Binding;
  readonly hop: HostPort;
  /** The same hop over a stream, for what no datagram should carry; undefined when it takes none. */
  readonly overStream?: () => Promise<Route | undefined>;
}

/** The words for a route that was not found. */
export function routeFailure(error: unknown): string {
  return isOffhookError(error) ? `${error.code}: ${error.message}` : messageOf(error);
}
