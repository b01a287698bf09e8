import type { IncomingResponseMessage } from "sip.js/lib/core/index.js";
import type { Clock, TimerHandle } from "../../clock.js";
import { OwnRequest } from "../core/own-request.js";
import { isSynthetic, sdpOf } from "../message/evidence.js";
import { parseVia } from "../message/header-value.js";
import { codecNamesOf } from "../message/sdp.js";
import { toSipjsUri } from "../message/sipjs-message.js";
import type { HopTroubles } from "../route/hop-troubles.js";
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
  /** Servers of the same trunk that come before this one, and take no calls now. */
  readonly failed?: readonly PingResult[];
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

/** So long is needed for three sendings of a request (Timer E). */
const SHORTEST_ASK_MS = 1_600;

/**
 * Asks the servers of a trunk, best first, until one of them takes calls: a trunk is there as long as
 * any of its servers is. What the best one said, where none does.
 */
export async function pingRoutes(
  routes: readonly Route[],
  ask: (route: Route, how: PingOptions) => Promise<PingResult>,
  how: PingOptions & { readonly failoverMs: number; readonly troubles: HopTroubles },
): Promise<PingResult | undefined> {
  const { failoverMs, troubles, ...options } = how;
  const { withinMs } = options;
  const most = withinMs === undefined ? routes.length : Math.floor(withinMs / SHORTEST_ASK_MS);
  const asked = routes.slice(0, Math.max(most, 1));
  const failed: PingResult[] = [];
  for (const route of asked) {
    const alone = asked.length === 1 || (withinMs === undefined && route === asked.at(-1));
    const limitMs = alone ? withinMs : Math.min(failoverMs, (withinMs ?? Infinity) / asked.length);
    const limit = limitMs === undefined ? {} : { withinMs: Math.round(limitMs) };
    const result = await ask(route, { ...options, ...limit });
    if (result.status !== undefined && result.status !== 503) {
      troubles.end(route.hop);
      return failed.length === 0 ? result : { ...result, failed };
    }
    troubles.add(route.hop);
    failed.push(result);
  }
  return failed[0];
}

/** Asks one server whether it is there. Never rejects for what the network does. */
export async function pingTrunk(
  clock: Clock,
  route: Route,
  targetUri: string,
  fromUri: string,
  { method, withinMs }: PingOptions = {},
): Promise<PingResult> {
  const { binding, hop } = route;
  const startedMs = clock.nowMs();
  const finish = (found: Partial<PingResult>): PingResult => ({
    protocol: binding.wire.protocol,
    target: hop,
    advertised: binding.advertised,
    proved: false,
    roundTripMs: clock.nowMs() - startedMs,
    ...found,
  });
  const answered = ask(route, targetUri, fromUri, method ?? "OPTIONS");
  if (withinMs === undefined) return finish(await answered);
  let timer: TimerHandle | undefined;
  const late = new Promise<Partial<PingResult>>((resolve) => {
    const found = { roundTripMs: withinMs, failure: `no answer for ${withinMs} ms` };
    timer = clock.setTimeout(() => resolve(found), withinMs);
  });
  const found = await Promise.race([answered, late]);
  clock.clear(timer);
  return finish(found);
}

async function ask(
  { binding, hop }: Route,
  targetUri: string,
  fromUri: string,
  method: "OPTIONS" | "REGISTER",
): Promise<Partial<PingResult>> {
  const target = toSipjsUri(targetUri);
  const from = toSipjsUri(fromUri);
  if (!target || !from) return { roundTripMs: 0, failure: "the address cannot be written" };
  await binding.prepare(hop);
  const callId = binding.newToken();
  const contact = `Contact: ${binding.core.configuration.contact.toString()}`;
  const message = binding.core.makeOutgoingRequestMessage(
    method,
    target,
    from,
    method === "REGISTER" ? from : target,
    { callId },
    method === "REGISTER" ? [] : [contact, "Accept: application/sdp"],
  );
  binding.setNextHop(callId, hop);
  return new Promise((resolve) => {
    const done = ({ message: response }: { message: IncomingResponseMessage }) => {
      binding.clearNextHop(callId);
      if (isSynthetic(response))
        return resolve({ failure: binding.takeFailure(message.branch) ?? "no response" });
      const proved = message instanceof OwnRequest && message.credentialLines.length > 0;
      resolve({ proved, ...read(response) });
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
