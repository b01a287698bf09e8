import { createRequire } from "node:module";
import {
  ClientTransaction,
  type Dialog,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  InviteServerTransaction,
  NameAddrHeader,
  type OutgoingRequestMessage,
  type OutgoingResponse,
  type ResponseOptions,
  type Session,
  type SessionDelegate,
  SessionDialog,
  Transaction,
  TransactionState,
  TransportError,
  type URI,
  UserAgentClient,
  type UserAgentCore,
  UserAgentServer,
} from "sip.js/lib/core/index.js";
import { AllowedMethods } from "sip.js/lib/core/user-agent-core/allowed-methods.js";
import { messageOf, OffhookError } from "../../errors.js";
import { ASSUMED_PARAM } from "./ingress.js";
import { OwnRequest } from "./own-request.js";
import { writeResponse } from "./own-response.js";

/** The only release whose inner workings these patches were written against. */
const SUPPORTED_VERSION = "0.21.2";

/**
 * What Allow announces. Each leg's dialog handles UPDATE (RFC 3311), which sip.js does not know; nobody
 * here is a registrar or has anything to subscribe to.
 */
export const ALLOWED_METHODS = [
  ...["ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "REFER"],
  "UPDATE",
];

/** What a patched sip.js asks its owner for, by core. */
export interface CoreSeams {
  /** A fresh, unguessable branch, with the magic cookie of RFC 3261 8.1.1.7. */
  makeBranch(): string;
  /**
   * The credentials that answer a 401 or 407, as header name to values; undefined lets the response
   * through as final.
   */
  answerChallenge(
    client: UserAgentClient,
    response: IncomingResponseMessage,
  ): Readonly<Record<string, string[]>> | undefined;
}

const seamsOfCore = new WeakMap<UserAgentCore, CoreSeams>();
let installed = false;

/**
 * Repairs sip.js in place, once per process. Refuses a release it does not know, because the
 * patches replace private methods.
 * @throws UNSUPPORTED for another release of sip.js
 */
export function installSipjsPatches(version: string = installedVersion()): void {
  if (version !== SUPPORTED_VERSION)
    throw new OffhookError("UNSUPPORTED", `sip.js ${version} is not supported.`, {
      remedy: `Install sip.js ${SUPPORTED_VERSION} exactly.`,
    });
  if (installed) return;
  installed = true;
  patchBranches();
  patchAuthentication();
  patchSending();
  patchReplies();
  patchReinvites();
  AllowedMethods.splice(0, AllowedMethods.length, ...ALLOWED_METHODS);
}

/** Ties a core to its owner; cores that were never tied keep sip.js's own behaviour. */
export function tieCore(core: UserAgentCore, seams: CoreSeams): void {
  seamsOfCore.set(core, seams);
}

/** A branch from the core's owner, where it has one. */
export function drawBranch(core: UserAgentCore): string | undefined {
  return seamsOfCore.get(core)?.makeBranch();
}

/** Fails a client transaction as if its own send had failed (RFC 3261 17.1.4). */
export function failClient(client: UserAgentClient, reason: string): void {
  const transaction = client.transaction as unknown as {
    onTransportError(error: TransportError): void;
  };
  transaction.onTransportError(new TransportError(reason));
}

/** Gives a server the To tag its responses carry; sip.js draws its own from Math.random. */
export function setToTag(server: UserAgentServer, tag: string): void {
  (server as unknown as { toTag: string }).toTag = tag;
}

/** The To tag that a server's responses carry. */
export function toTagOf(server: UserAgentServer): string {
  return (server as unknown as { toTag: string }).toTag;
}

/**
 * Takes a request that sip.js has no handler for into a dialog's order of things (RFC 3261 12.2.2);
 * false when it came out of order and was answered 500.
 */
export function admitToDialog(dialog: Dialog, message: IncomingRequestMessage): boolean {
  const inner = dialog as unknown as {
    sequenceGuard(message: IncomingRequestMessage): boolean;
    dialogState: { remoteSequenceNumber: number | undefined };
  };
  if (!inner.sequenceGuard(message)) return false;
  inner.dialogState.remoteSequenceNumber = message.cseq;
  return true;
}

/**
 * Lets go of an INVITE of ours that was accepted and acknowledged, instead of 64·T1 later: whatever
 * comes again is answered without sip.js.
 */
export function forgetAccepted(core: UserAgentCore, inviteBranch: string): void {
  const client = core.userAgentClients.get(`${inviteBranch}INVITE`);
  if (client?.transaction.state !== TransactionState.Accepted) return;
  const inner = client as unknown as {
    readonly transaction: { timerM(): void };
    readonly confirmedDialogs?: ReadonlyMap<string, Dialog>;
    readonly message: OutgoingRequestMessage;
  };
  inner.transaction.timerM();
  for (const dialog of inner.confirmedDialogs?.values() ?? []) forgetBeginning(dialog);
  if (inner.message instanceof OwnRequest) inner.message.forgetContent();
}

/** The same for an INVITE to us, once the ACK of our 2xx has come. */
export function forgetAnswered(dialog: Dialog): void {
  const { initialTransaction: transaction } = dialog as unknown as {
    readonly initialTransaction: unknown;
  };
  if (!(transaction instanceof InviteServerTransaction)) return;
  if (transaction.state !== TransactionState.Accepted) return;
  (transaction as unknown as { timerL(): void }).timerL();
  forgetBeginning(dialog);
}

const none: object = Object.freeze({});

/**
 * Keeps the parts of a URI once: sip.js has them as written and in lower case, and with each a table
 * of headers and one of parameters, mostly empty. For URIs in lower case that nobody changes, of which a dialog holds three.
 */
export function keepOnce(uri: URI): void {
  const inner = uri as unknown as Record<"raw" | "normal" | "headers" | "parameters", object>;
  inner.raw = inner.normal;
  inner.headers = none;
  if (Object.keys(inner.parameters).length === 0) inner.parameters = none;
}

/** sip.js would put the first answer of an early dialog into a 2xx that is to have no SDP. */
export function forgetEarlyAnswer(session: Session): void {
  if (session instanceof SessionDialog) Object.assign(session, { _answer: undefined });
}

/** A dialog that stands needs neither the transaction nor the SDP that it began with. */
function forgetBeginning(dialog: Dialog): void {
  if (dialog instanceof SessionDialog)
    Object.assign(dialog, { initialTransaction: undefined, _offer: undefined, _answer: undefined });
}

/**
 * A target refresh (RFC 3261 12.2.1.2, 12.2.2, RFC 3311 5.1): the peer is where its Contact says from
 * now on. sip.js does it for the re-INVITEs that it receives, and for nothing else.
 */
export function refreshTarget(
  dialog: Dialog | Session,
  message: IncomingRequestMessage | IncomingResponseMessage,
): void {
  const contact: unknown = message.parseHeader("contact");
  if (!(dialog instanceof SessionDialog) || !(contact instanceof NameAddrHeader)) return;
  if (contact.hasParam(ASSUMED_PARAM)) return;
  const inner = dialog as unknown as { dialogState: { remoteTarget: URI } };
  inner.dialogState.remoteTarget = contact.uri;
}

/** sip.js draws branches from 10^7 values, and calls collide within an hour at 100 a second. */
function patchBranches(): void {
  const statics = ClientTransaction as unknown as {
    makeId(request: OutgoingRequestMessage): string;
  };
  const original = statics.makeId;
  statics.makeId = (request) => {
    const own = request instanceof OwnRequest && request.method !== "CANCEL";
    return (own ? request.drawBranch() : undefined) ?? original(request);
  };
}

/** sip.js knows MD5 only, keeps the last challenge only, and calls 407 after 401 a loop. */
function patchAuthentication(): void {
  interface Inner {
    core: UserAgentCore;
    message: OutgoingRequestMessage;
    authenticationGuard(response: IncomingResponseMessage, dialog?: Dialog): boolean;
    init(): void;
  }
  const prototype = UserAgentClient.prototype as unknown as Inner;
  const original = prototype.authenticationGuard;
  prototype.authenticationGuard = function (this: Inner, response, dialog) {
    const seams = seamsOfCore.get(this.core);
    if (!seams) return original.call(this, response, dialog);
    if (response.statusCode !== 401 && response.statusCode !== 407) return true;
    const headers = seams.answerChallenge(this as unknown as UserAgentClient, response);
    if (!headers) return true;
    const request = this.message;
    const own = dialog ?? dialogOf(this.core, request);
    if (own?.localSequenceNumber) {
      own.incrementLocalSequenceNumber();
      request.cseq = own.localSequenceNumber;
    } else request.cseq += 1;
    request.setHeader("cseq", `${request.cseq} ${request.method}`);
    for (const [name, values] of Object.entries(headers)) request.setHeader(name, values);
    this.init();
    return false;
  };
}

/** sip.js counts the bytes of a body by escaping each of its characters. */
function patchReplies(): void {
  interface Inner {
    readonly core: UserAgentCore;
    readonly message: IncomingRequestMessage;
    readonly toTag: string;
    readonly transaction: { receiveResponse(statusCode: number, text: string): void };
    reply(options: ResponseOptions): OutgoingResponse;
  }
  const prototype = UserAgentServer.prototype as unknown as Inner;
  prototype.reply = function (this: Inner, options) {
    const { statusCode, toTag = statusCode === 100 ? undefined : this.toTag } = options;
    const { userAgentHeaderFieldValue, supportedOptionTagsResponse } = this.core.configuration;
    const message = writeResponse(this.message, options, toTag, {
      supported: supportedOptionTagsResponse,
      userAgent: userAgentHeaderFieldValue ?? "",
    });
    this.transaction.receiveResponse(statusCode, message);
    return { message };
  };
}

/**
 * sip.js repeats the 2xx of a re-INVITE by a timer that the next re-INVITE makes it forget: then it
 * runs for ever. And it never gives up a re-INVITE whose ACK does not come (RFC 3261 13.3.1.4).
 */
function patchReinvites(): void {
  interface Inner {
    delegate: SessionDelegate | undefined;
    invite2xxTimer: ReturnType<typeof setTimeout> | undefined;
    reinviteUserAgentServer: UserAgentServer | undefined;
    startReInvite2xxRetransmissionTimer(): void;
    bye(): void;
  }
  const prototype = SessionDialog.prototype as unknown as Inner;
  const { startReInvite2xxRetransmissionTimer } = prototype;
  prototype.startReInvite2xxRetransmissionTimer = function (this: Inner) {
    clearTimeout(this.invite2xxTimer);
    startReInvite2xxRetransmissionTimer.call(this);
    const server = this.reinviteUserAgentServer;
    server?.transaction.addStateChangeListener(() => {
      if (server.transaction.state !== TransactionState.Terminated) return;
      if (this.reinviteUserAgentServer !== server) return;
      this.reinviteUserAgentServer = undefined;
      if (this.delegate?.onAckTimeout) this.delegate.onAckTimeout();
      else this.bye();
    });
  };
}

/** The transport learns whose message it is given, and need not read again what was just written. */
function patchSending(): void {
  interface Inner {
    readonly request: unknown;
    readonly transport: { send(text: string, origin: unknown): Promise<void> };
    onTransportError(error: TransportError): void;
    send(text: string): Promise<void>;
  }
  const prototype = Transaction.prototype as unknown as Inner;
  prototype.send = function (this: Inner, text) {
    return this.transport.send(text, this.request).catch((thrown: unknown) => {
      const error =
        thrown instanceof TransportError ? thrown : new TransportError(messageOf(thrown));
      this.onTransportError(error);
      throw error;
    });
  };
}

function dialogOf(core: UserAgentCore, request: OutgoingRequestMessage): Dialog | undefined {
  return request.toTag
    ? core.dialogs.get(request.callId + request.fromTag + request.toTag)
    : undefined;
}

function installedVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)("sip.js/package.json");
  const version = (manifest as { version?: unknown }).version;
  return typeof version === "string" ? version : "unknown";
}
