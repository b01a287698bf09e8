import type { IncomingResponseMessage } from "sip.js/lib/core/index.js";
import type { Clock } from "../../clock.js";
import { OwnRequest } from "../core/own-request.js";
import { isSynthetic, sdpOf } from "../message/evidence.js";
import { parseVia } from "../message/header-value.js";
import { codecNamesOf } from "../message/sdp.js";
import { toSipjsUri } from "../message/sipjs-message.js";
import type { Route } from "../route/route.js";
import type { HostPort, TransportProtocol } from "../transport/wire.js";

/** What one OPTIONS to a trunk showed (RFC 3261 11), or one REGISTER. */
export interface PingResult {
  /** The status of the response; absent when none came. */
  readonly status?: number;
  readonly phrase?: string;
  /** Why none came. */
  readonly failure?: string;
  readonly roundTripMs: number;
  readonly protocol: TransportProtocol;
  /** It asked who we are, and we could say; whether it believed that, `status` tells. */
  readonly proved: boolean;
  /** Where the request was sent. */
  readonly target: HostPort;
  /** What we call ourselves. */
  readonly advertised: HostPort;
  /** How the trunk sees us, where it says so (RFC 3581). */
  readonly seenAs?: { readonly address?: string; readonly port?: number };
  readonly server?: string;
  readonly allow?: string;
  /** What the trunk says it speaks, as `NAME/RATE`; few trunks do. */
  readonly codecs?: readonly string[];
}

export interface PingOptions {
  /**
   * What to ask with. A REGISTER has no Contact here: it changes nothing (RFC 3261 10.2.3), and hardly
   * a trunk answers it without credentials, whereas many answer OPTIONS to anybody. Default `OPTIONS`.
   */
  readonly method?: "OPTIONS" | "REGISTER";
  /** How long to wait for an answer, in ms. Default: as long as SIP does, 32,000. */
  readonly withinMs?: number;
}

/** Asks a trunk whether it is there. Never rejects for what the network does. */
export function pingTrunk(
  clock: Clock,
  route: Route,
  targetUri: string,
  fromUri: string,
  { method = "OPTIONS", withinMs }: PingOptions = {},
): Promise<PingResult> {
  const { binding, hop } = route;
  const target = toSipjsUri(targetUri);
  const from = toSipjsUri(fromUri);
  const startedMs = clock.nowMs();
  const facts = {
    protocol: binding.wire.protocol,
    target: hop,
    advertised: binding.advertised,
    proved: false,
  };
  if (!target || !from)
    return Promise.resolve({ ...facts, roundTripMs: 0, failure: "the address cannot be written" });
  const callId = binding.newToken();
  const message = binding.core.makeOutgoingRequestMessage(
    method,
    target,
    from,
    method === "REGISTER" ? from : target,
    { callId },
    method === "REGISTER"
      ? []
      : [`Contact: ${binding.core.configuration.contact.toString()}`, "Accept: application/sdp"],
  );
  binding.setNextHop(callId, hop);
  return new Promise((resolve) => {
    const late =
      withinMs === undefined
        ? undefined
        : clock.setTimeout(() => {
            const failure = `no answer for ${withinMs} ms`;
            resolve({ ...facts, roundTripMs: withinMs, failure });
          }, withinMs);
    const done = ({ message: response }: { message: IncomingResponseMessage }) => {
      clock.clear(late);
      binding.clearNextHop(callId);
      const roundTripMs = clock.nowMs() - startedMs;
      if (isSynthetic(response)) {
        const failure = binding.takeFailure(message.branch) ?? "no response";
        resolve({ ...facts, roundTripMs, failure });
      } else {
        const proved = message instanceof OwnRequest && message.credentialLines.length > 0;
        resolve({ ...facts, roundTripMs, proved, ...read(response) });
      }
    };
    binding.core.request(message, { onAccept: done, onRedirect: done, onReject: done });
  });
}

function read(response: IncomingResponseMessage): Partial<PingResult> {
  const via = parseVia(response.getHeader("via") ?? "");
  const address = via?.params["received"] ?? undefined;
  const port = via?.params["rport"] ? Number(via.params["rport"]) : undefined;
  const server = response.getHeader("server") ?? response.getHeader("user-agent");
  const allow = response.getHeader("allow");
  const sdp = sdpOf(response);
  const codecs = sdp === undefined ? [] : codecNamesOf(sdp);
  return {
    status: response.statusCode ?? 0,
    phrase: response.reasonPhrase ?? "",
    ...(address === undefined && port === undefined
      ? {}
      : {
          seenAs: {
            ...(address === undefined ? {} : { address }),
            ...(port === undefined ? {} : { port }),
          },
        }),
    ...(server === undefined ? {} : { server }),
    ...(allow === undefined ? {} : { allow }),
    ...(codecs.length === 0 ? {} : { codecs }),
  };
}
