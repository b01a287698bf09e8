import type {
  AckableIncomingResponseWithSession,
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  OutgoingRequestMessage,
  Session,
} from "sip.js/lib/core/index.js";
import { MAX_DATAGRAM_BYTES } from "../core/routing.js";
import { quote } from "../message/header-value.js";
import { toSipjsUri } from "../message/sipjs-message.js";
import type { CallerId } from "../route/caller-id.js";
import type { Route } from "../route/route.js";
import { contactOf, sdpBody } from "./renegotiation.js";
import { MIN_SESSION_SECONDS } from "./session-timer.js";

const ALLOW =
  "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, MESSAGE, NOTIFY, REFER";

/** One INVITE that may be sent: where to, and as what. */
export interface Attempt {
  readonly route: Route;
  readonly requestUri: string;
  /** It was moved to a connection of its own, which the call's later requests share. */
  readonly moved?: true;
  /** A 3xx named it, perhaps among others. */
  readonly redirected?: true;
}

/** What the INVITEs of one call have in common. */
export interface InviteFields {
  readonly toUri: string;
  readonly from: CallerId;
  readonly sessionSeconds: number;
  readonly extraHeaders: readonly string[];
  readonly sdp: string;
  /** The INVITE before this one: a later attempt is the same call (RFC 3261 8.1.3.4). */
  readonly before: OutgoingRequestMessage | undefined;
}

/** @throws where an address of the call cannot be written */
export function makeInvite(attempt: Attempt, fields: InviteFields): OutgoingRequestMessage {
  const { binding } = attempt.route;
  const { before, sessionSeconds, extraHeaders, sdp } = fields;
  const requestUri = toSipjsUri(attempt.requestUri);
  const toUri = toSipjsUri(fields.toUri);
  const { uri, displayName } = fields.from;
  const fromUri = toSipjsUri(uri);
  if (!requestUri || !toUri || !fromUri)
    throw new Error("an address of the call cannot be written");
  return binding.core.makeOutgoingRequestMessage(
    "INVITE",
    requestUri,
    fromUri,
    toUri,
    {
      ...(before ? { callId: before.callId, fromTag: before.fromTag, cseq: before.cseq + 1 } : {}),
      ...(displayName === undefined ? {} : { fromDisplayName: quote(displayName).slice(1, -1) }),
    },
    [
      contactOf(binding),
      ALLOW,
      `Session-Expires: ${sessionSeconds}`,
      `Min-SE: ${MIN_SESSION_SECONDS}`,
      ...extraHeaders,
    ],
    sdpBody(sdp),
  );
}

/** Whether a datagram may carry it whole; its Via is not counted. */
export function fitsDatagram(message: OutgoingRequestMessage): boolean {
  return Buffer.byteLength(message.toString()) <= MAX_DATAGRAM_BYTES;
}

/** What an INVITE still needs when nobody waits for its answer any more. */
export const afterTheCall: OutgoingInviteRequestDelegate = {
  onAccept(response: AckableIncomingResponseWithSession) {
    response.ack();
    endUnwanted(response.session);
  },
};

/** Lets go of an INVITE that met silence: should anybody wake up to it, it is cancelled or ended. */
export function withdraw(invite: OutgoingInviteRequest): void {
  let canceled = false;
  const cancel = () => {
    if (canceled) return;
    canceled = true;
    invite.cancel();
  };
  invite.delegate = { ...afterTheCall, onTrying: cancel, onProgress: cancel };
}

/** Another fork answered too (RFC 3261 13.2.2.4). */
export function endUnwanted(session: Session): void {
  session.delegate = {};
  session.bye();
}
