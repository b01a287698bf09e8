import type { URI } from "sip.js/lib/core/index.js";
import { parseNameAddr } from "../message/header-value.js";
import { toSipjsUri } from "../message/sipjs-message.js";

export interface RequestPath {
  readonly requestUri: URI;
  readonly routeSet: string[];
}

/**
 * The path as a strict router wants it (RFC 3261 12.2.1.1, 19.1.1): where the first route has no `lr`,
 * that router is the Request-URI, and the last route names whom the request is for. Any other path as
 * it is.
 */
export function strictlyRouted(requestUri: URI, routeSet: string[]): RequestPath {
  const [first, ...rest] = routeSet;
  if (first === undefined || isLooseRoute(first)) return { requestUri, routeSet };
  const router = toSipjsUri(parseNameAddr(first)?.uri.text ?? "");
  if (!router) return { requestUri, routeSet };
  return { requestUri: router, routeSet: [...rest, `<${requestUri.toRaw()}>`] };
}

/** Whether a Route leads to a router of today; what cannot be read is not taken for an old one. */
export function isLooseRoute(route: string): boolean {
  const uri = parseNameAddr(route)?.uri;
  return uri === undefined || Object.hasOwn(uri.params, "lr");
}
