import {
  type Dialog,
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  type SessionDelegate,
  SessionDialog,
  TransactionState,
  type UserAgentCore,
} from "sip.js/lib/core/index.js";
import type { Clock } from "../../clock.js";
import { messageOf } from "../../errors.js";
import type { Logger } from "../../logger.js";
import type { Random } from "../../random.js";
import type { Refusal } from "../credentials/inbound-guard.js";
import { UNTAGGED } from "../message/evidence.js";
import { type ParsedUri, parseUri, parseVia } from "../message/header-value.js";
import {
  headerOf,
  headersOf,
  type ParsedRequest,
  type ParsedResponse,
  parseMessage,
} from "../message/parse.js";
import { setWire, toSipjsRequest, toSipjsResponse } from "../message/sipjs-message.js";
import type { HostPort, Wire } from "../transport/wire.js";
import type { Elsewhere } from "./hand-over.js";
import {
  isEncoded,
  normalizeBody,
  normalizeResponse,
  refusedDemand,
  stampVia,
  transactionBranch,
  unreadableUriStatus,
} from "./ingress.js";
import { MergedRequests } from "./merged-requests.js";
import type { OwnRepeats } from "./own-repeats.js";
import type { PeerRepeats } from "./peer-repeats.js";
import { rawRefusal } from "./raw-refusal.js";
import { responseTarget, sentBy } from "./routing.js";
import {
  ALLOWED_METHODS,
  admitToDialog,
  forgetAccepted,
  forgetAnswered,
  refreshTarget,
} from "./sipjs-patches.js";
import { SUPPORTED_EXTENSIONS } from "./user-agent-core.js";

/** How a request reached us. */
export interface Arrival {
  readonly from: HostPort;
  /** The Request-URI as sent, before sip.js is told that it is for us. Private data. */
  readonly requestUri: ParsedUri;
}

/** What a leg hears of its dialog beyond sip.js: UPDATE (RFC 3311). */
export interface DialogDelegate extends SessionDelegate {
  onUpdate?(message: IncomingRequestMessage): void;
}

export interface ReceiverOptions {
  readonly wire: Wire;
  readonly core: UserAgentCore;
  readonly ours: OwnRepeats;
  readonly theirs: PeerRepeats;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** False has a request refused before anything is kept of it. */
  readonly admits?: (from: HostPort, method: string) => boolean;
  /** Says how a call would be refused now, whoever made it. */
  readonly refusal?: () => Refusal | undefined;
  /** The other bindings of the same carrier. */
  readonly elsewhere?: Elsewhere;
  /** Another fork answered an INVITE that was answered and acknowledged already. */
  readonly onLateFork: (answer: IncomingResponseMessage) => void;
}

/** Requests that mean something outside a dialog (RFC 3261 8.2.1). */
const outsideDialog = new Set(["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REFER"]);

/** Methods of which we know that we want none, unlike those of which we know nothing. */
const unwanted = new Set(["REGISTER", "SUBSCRIBE", "PUBLISH"]);

/** The refusal of a request that belongs to no dialog, and would have to. */
function refusalOutsideDialog({ method, toTag }: IncomingRequestMessage): [number, string[]] {
  // A text outside a call would reach nobody; 200 would say that it had.
  if (unwanted.has(method) || (method === "MESSAGE" && !toTag))
    return [405, [`Allow: ${ALLOWED_METHODS.filter((known) => known !== method).join(", ")}`]];
  return [toTag || ALLOWED_METHODS.includes(method) ? 481 : 501, []];
}

function headerLines(headers: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** Everything that the network sends comes in here; sip.js is told of what it can digest. */
export class Receiver {
  private readonly options: ReceiverOptions;
  private readonly merged: MergedRequests;
  private readonly arrivals = new WeakMap<IncomingRequestMessage, Arrival>();
  private dropped = 0;

  constructor(options: ReceiverOptions) {
    this.options = options;
    this.merged = new MergedRequests(options.clock);
  }

  /** Datagrams and requests that were thrown away. */
  get droppedCount(): number {
    return this.dropped;
  }

  arrivalOf(message: IncomingRequestMessage): Arrival | undefined {
    return this.arrivals.get(message);
  }

  receive(data: Buffer, from: HostPort): void {
    this.guarded("an incoming message", () => {
      // Keep-alives and STUN look like nothing SIP would start with.
      if (data.length < 16 || (data[0] ?? 0) < 10) return;
      const parsed = parseMessage(data);
      if (parsed.ok) {
        if (parsed.message.kind === "request") this.receiveRequest(parsed.message, from);
        else this.receiveResponse(parsed.message);
        return;
      }
      this.drop(parsed.reason);
      if (parsed.request && parsed.request.method !== "ACK")
        this.refuse(parsed.request, from, parsed.status ?? 400, parsed.reason);
    });
  }

  drop(reason: string): void {
    const { logger, wire } = this.options;
    this.dropped += 1;
    logger.debug({ reason, transport: wire.protocol }, "dropped");
  }

  /** Whatever the network sends, nothing is thrown past this line. */
  guarded(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.dropped += 1;
      this.options.logger.warn({ what, error: messageOf(error) }, "could not be handled");
    }
  }

  /** A request of a dialog here that came by another wire; true when there is such a dialog. */
  takeRequest(request: ParsedRequest, dialogId: string, from: HostPort, over: Wire): boolean {
    if (!this.options.core.dialogs.has(dialogId)) return false;
    this.guarded("a request by another way", () => this.receiveRequest(request, from, over));
    return true;
  }

  /** A response to a request of ours that came by another wire; true when there is such a request. */
  takeResponse(response: ParsedResponse, branch: string): boolean {
    if (!this.options.ours.knows(branch, response.method)) return false;
    this.guarded("a response by another way", () => this.receiveResponse(response));
    return true;
  }

  private receiveRequest(request: ParsedRequest, from: HostPort, over?: Wire): void {
    const { core, wire, theirs, admits, logger, elsewhere } = this.options;
    const via = stampVia(request, from, (over ?? wire).reliable);
    if (!via) {
      this.drop("a Via that cannot be read");
      return;
    }
    if (admits?.(from, request.method) === false) {
      this.drop("a request from an address that is not allowed");
      return;
    }
    const branch = transactionBranch(request, via, from);
    const key = { branch, sentBy: sentBy(via), method: request.method };
    if (!over && !theirs.receivedRequest(key, from)) return;
    const requestUri = parseUri(request.requestUri);
    const message = toSipjsRequest(request, via);
    if (!message) {
      this.drop("an address that cannot be read");
      if (request.method !== "ACK") this.refuse(request, from, 400, "an unreadable address");
      return;
    }
    if (message.fromTag === "" && core.dialogs.has(message.callId + message.toTag + UNTAGGED))
      message.fromTag = UNTAGGED;
    const dialogId = message.callId + message.toTag + message.fromTag;
    const dialog = message.toTag ? core.dialogs.get(dialogId) : undefined;
    if (message.toTag && !dialog && wire.reliable)
      if (elsewhere?.takeRequest(request, dialogId, from, wire)) return;
    if (over) setWire(message, over);
    // sip.js matches by branch alone; RFC 3261 17.2.3 wants the sender in it too.
    message.viaBranch = `${key.branch}|${key.sentBy}`;
    const refuse = (statusCode: number, extraHeaders: string[] = []) => {
      if (request.method !== "ACK") core.replyStateless(message, { statusCode, extraHeaders });
    };
    if (!requestUri) return refuse(unreadableUriStatus(request.requestUri));
    // Dialogs are built from it without another look.
    if (request.method === "INVITE" && !message.parseHeader("contact")) return refuse(400);
    if (isEncoded(message)) return refuse(415, ["Accept-Encoding: identity"]);
    if (normalizeBody(message) === false)
      return refuse(415, ["Accept: application/sdp, application/dtmf-relay"]);
    if (!dialog && !outsideDialog.has(request.method))
      return refuse(...refusalOutsideDialog(message));
    const demand = refusedDemand(message, SUPPORTED_EXTENSIONS);
    if (demand) return refuse(demand.status, demand.headers);
    // Who asks whether we are there wants to know whether we take calls (RFC 3261 11.2).
    const refusal = dialog || request.method !== "OPTIONS" ? undefined : this.options.refusal?.();
    if (refusal) return refuse(refusal.status, headerLines(refusal.headers));
    if (request.method === "UPDATE") return this.receiveUpdate(message, dialog, refuse);
    if (dialog && request.method === "ACK") this.setApart(message);
    if (!message.toTag && this.merged.isMerged(message)) return refuse(482);
    // sip.js answers 404 unless the Request-URI is its own, and 416 to sips: and tel:.
    message.ruri = core.configuration.contact.uri;
    this.arrivals.set(message, { from, requestUri });
    try {
      core.receiveIncomingRequestFromTransport(message);
      // What comes again is absorbed without sip.js, where anything comes again.
      if (request.method === "ACK" && dialog && !wire.reliable) forgetAnswered(dialog);
    } catch (error) {
      // What sip.js cannot digest is the sender's doing more often than not.
      logger.debug({ error: messageOf(error) }, "a request could not be handled");
      refuse(400);
    }
  }

  /**
   * The ACK of a 2xx is a transaction of its own. RFC 2543 clients, and careless newer ones, give it
   * the branch of their INVITE, and sip.js would throw it away (RFC 6026 7.1).
   */
  private setApart(ack: IncomingRequestMessage): void {
    const invite = this.options.core.userAgentServers.get(ack.viaBranch);
    if (invite?.transaction.state === TransactionState.Accepted) ack.viaBranch += "|ACK";
  }

  private receiveUpdate(
    message: IncomingRequestMessage,
    dialog: Dialog | undefined,
    refuse: (statusCode: number) => void,
  ): void {
    if (!dialog) return refuse(481);
    if (!admitToDialog(dialog, message)) return;
    refreshTarget(dialog, message);
    const delegate =
      dialog instanceof SessionDialog ? (dialog.delegate as DialogDelegate | undefined) : undefined;
    if (delegate?.onUpdate) delegate.onUpdate(message);
    else this.options.core.replyStateless(message, { statusCode: 200 });
  }

  private receiveResponse(response: ParsedResponse): void {
    const { core, wire, ours, elsewhere } = this.options;
    const via = parseVia(headerOf(response, "via") ?? "");
    if (!via?.branch) {
      this.drop("a response without a branch");
      return;
    }
    // What cannot count as an answer must not end the repetition of the request either.
    if (headersOf(response, "via").length > 1) {
      this.drop("a response that is for another");
      return;
    }
    const { branch } = via;
    const { method, status } = response;
    if (wire.reliable && !ours.knows(branch, method))
      if (elsewhere?.takeResponse(response, branch)) return;
    normalizeResponse(response, ours.targetOf(branch, method));
    const message = toSipjsResponse(response, via);
    if (!message) {
      this.drop("a response whose addresses cannot be read");
      return;
    }
    if (!ours.receivedResponse(branch, method, status, message.toTag)) return;
    normalizeBody(message);
    const accepts = method === "INVITE" && status >= 200 && status < 300;
    if (accepts && ours.hasAcknowledged(branch)) return this.options.onLateFork(message);
    core.receiveIncomingResponseFromTransport(message);
    if (accepts && ours.hasAcknowledged(branch)) forgetAccepted(core, branch);
  }

  /** Refuses what sip.js could not even be told of. */
  private refuse(request: ParsedRequest, from: HostPort, status: number, why: string): void {
    const { wire, random } = this.options;
    const via = stampVia(request, from, wire.reliable);
    const text = via && rawRefusal(request, status, why, random.hex(8));
    if (!text) return;
    const to = responseTarget(via, wire.protocol === "UDP");
    wire.send(text, to).catch((error: unknown) => this.drop(messageOf(error)));
  }
}
