import {
  type Dialog,
  type IncomingInviteRequest,
  type IncomingMessageRequest,
  type IncomingReferRequest,
  IncomingRequestMessage,
  type IncomingResponseMessage,
  type SessionDelegate,
  SessionDialog,
  type UserAgentClient,
  type UserAgentCore,
} from "sip.js/lib/core/index.js";
import type { Clock, TimerHandle } from "../clock.js";
import { messageOf, OffhookError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Random } from "../random.js";
import { normalizeBody, normalizeResponse, stampVia } from "./core/ingress.js";
import { MergedRequests } from "./core/merged-requests.js";
import { describeOutgoing, type OutgoingMessage } from "./core/outgoing.js";
import { rawRefusal } from "./core/raw-refusal.js";
import { Reliability } from "./core/reliability.js";
import { keyOf, nextUri, responseTarget, sentBy } from "./core/routing.js";
import { admitToDialog, failClient, tieCore } from "./core/sipjs-patches.js";
import { createCore, moveCore } from "./core/user-agent-core.js";
import { type AuthenticationState, Authenticator } from "./credentials/authenticator.js";
import type { DigestCredentials } from "./credentials/digest.js";
import { type ParsedUri, parseUri, parseVia } from "./message/header-value.js";
import {
  headerOf,
  type ParsedRequest,
  type ParsedResponse,
  parseMessage,
} from "./message/parse.js";
import { toSipjsMessage } from "./message/sipjs-message.js";
import { defaultPort, literalAddress, type Resolver } from "./route/resolver.js";
import { formatHost, type HostPort, type Wire, type WireEvents } from "./transport/wire.js";

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

export interface BindingHooks {
  onInvite(binding: Binding, request: IncomingInviteRequest, arrival: Arrival): void;
  onMessage?(binding: Binding, request: IncomingMessageRequest): void;
  onRefer?(binding: Binding, request: IncomingReferRequest): void;
  /** False has a request refused before anything is kept of it. */
  admits?(from: HostPort, method: string): boolean;
}

export interface BindingOptions {
  readonly openWire: (events: WireEvents) => Promise<Wire>;
  /** The host that peers are told: in Via, Contact and SDP. */
  readonly advertisedAddress: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly resolver: Resolver;
  readonly userAgent: string;
  readonly credentials?: DigestCredentials;
  readonly hooks: BindingHooks;
}

/** Requests that mean something outside a dialog (RFC 3261 8.2.1). */
const outsideDialog = new Set([
  "INVITE",
  "ACK",
  "CANCEL",
  "BYE",
  "OPTIONS",
  "MESSAGE",
  "REFER",
  "NOTIFY",
  "INFO",
  "REGISTER",
  "SUBSCRIBE",
]);
const MAX_KEPT_FAILURES = 1_000;
/** How long closing waits for the peers' answers: a request that is lost is sent three times. */
const FAREWELL_MS = 2_000;
/** The same after an INVITE that met silence: a phone that starts to ring now is still stopped. */
const WITHDRAWN_MS = 4_000;

/** One sip.js core over one transport and local address: everything that stands between them. */
export class Binding {
  readonly wire: Wire;
  readonly core: UserAgentCore;
  /** What peers are told. */
  advertised: HostPort;
  readonly arrivals = new WeakMap<IncomingRequestMessage, Arrival>();
  private readonly options: BindingOptions;
  private readonly reliability: Reliability;
  private readonly authenticator: Authenticator | undefined;
  private readonly authentications = new WeakMap<UserAgentClient, AuthenticationState>();
  /** Where a call's requests go while no dialog says otherwise, by Call-ID. */
  private readonly nextHops = new Map<string, HostPort>();
  /** Which connection a call came over, by Call-ID. */
  private readonly flows = new Map<string, HostPort>();
  /** Calls we no longer want, by Call-ID: their INVITE is not sent again with credentials. */
  private readonly abandoned = new Set<string>();
  /** Why requests failed before they were answered, by branch. */
  private readonly failures = new Map<string, string>();
  private readonly merged: MergedRequests;
  private readonly unreachableListeners = new Set<(remote: HostPort) => void>();
  /** Messages on their way to the socket. */
  private readonly sending = new Set<Promise<void>>();
  private dropped = 0;

  static async open(options: BindingOptions): Promise<Binding> {
    const early: { data: Buffer; from: HostPort }[] = [];
    let binding: Binding | undefined;
    const wire = await options.openWire({
      onMessage: (data, from) =>
        binding ? binding.receive(data, from) : void early.push({ data, from }),
      onUnreachable: (remote, detail) => binding?.unreachable(remote, detail),
      onDropped: (reason) => binding?.drop(reason),
    });
    binding = new Binding(options, wire);
    for (const { data, from } of early) binding.receive(data, from);
    return binding;
  }

  private constructor(options: BindingOptions, wire: Wire) {
    const { clock, random, credentials } = options;
    this.options = options;
    this.merged = new MergedRequests(clock);
    this.wire = wire;
    const port = wire.local.port || defaultPort(wire.protocol);
    this.advertised = { address: options.advertisedAddress, port };
    this.authenticator = credentials && new Authenticator(credentials, random);
    this.reliability = new Reliability({
      clock,
      repeats: !wire.reliable,
      resend: (text, to) => {
        wire.send(text, to).catch((error: unknown) => this.drop(messageOf(error)));
      },
    });
    this.core = createCore({
      protocol: wire.protocol,
      host: `${formatHost(this.advertised.address)}:${this.advertised.port}`,
      userAgent: options.userAgent,
      random,
      logger: options.logger,
      send: (text) => this.send(text),
      delegate: {
        onInvite: (request) => this.offerInvite(request),
        onMessage: (request) =>
          options.hooks.onMessage ? options.hooks.onMessage(this, request) : request.accept(),
        onRefer: (request) =>
          options.hooks.onRefer
            ? options.hooks.onRefer(this, request)
            : request.reject({ statusCode: 403 }),
        onSubscribe: (request) => request.reject({ statusCode: 489 }),
      },
    });
    tieCore(this.core, {
      makeBranch: () => `z9hG4bK${random.hex(12)}`,
      answerChallenge: (client, response) => this.authenticate(client, response),
    });
  }

  /** Gets ready to send to `hop`. Where nobody listens, the connection's own end is advertised. */
  async prepare(hop: HostPort): Promise<void> {
    await this.wire.watch(hop);
    const own = this.wire.localOf?.(hop);
    if (!own || own.port === this.advertised.port) return;
    this.advertised = { address: this.advertised.address, port: own.port };
    const host = `${formatHost(this.advertised.address)}:${own.port}`;
    moveCore(this.core, this.wire.protocol, host);
  }

  /** Datagrams and requests that were thrown away, for metrics and tests. */
  get droppedCount(): number {
    return this.dropped;
  }

  /** A fresh Call-ID or tag. */
  newToken(): string {
    return this.options.random.hex(12);
  }

  /** Keeps NAT bindings and connections open (RFC 5626 3.5.1, 4.4.1). Failures tell themselves. */
  keepAlive(hop: HostPort): void {
    this.wire.send("\r\n\r\n", hop).catch((error: unknown) => this.drop(messageOf(error)));
  }

  /** Calls back whenever what was sent to a peer was refused, or its connection broke. */
  onUnreachable(listener: (remote: HostPort) => void): () => void {
    this.unreachableListeners.add(listener);
    return () => void this.unreachableListeners.delete(listener);
  }

  /** Sends a call's requests outside dialogs to `hop` until `clearNextHop`. */
  setNextHop(callId: string, hop: HostPort): void {
    this.nextHops.set(callId, hop);
  }

  /** A call that came over this connection is answered over it, while it lasts. */
  setFlow(callId: string, from: HostPort): void {
    this.setNextHop(callId, from);
    this.flows.set(callId, from);
  }

  clearNextHop(callId: string): void {
    this.nextHops.delete(callId);
    this.flows.delete(callId);
    this.abandoned.delete(callId);
  }

  /** Lets the next challenge of this call's INVITE count as its end. */
  abandon(callId: string): void {
    this.abandoned.add(callId);
  }

  /** Why the request with this branch failed without a response. */
  takeFailure(branch: string | undefined): string | undefined {
    if (branch === undefined) return undefined;
    const detail = this.failures.get(branch);
    this.failures.delete(branch);
    return detail;
  }

  /** Lets the last requests be answered first: a BYE that is lost leaves the peer in the call. */
  async close(): Promise<void> {
    await this.farewell();
    this.core.dispose();
    this.reliability.close();
    await this.wire.close();
  }

  private authenticate(
    client: UserAgentClient,
    response: IncomingResponseMessage,
  ): Record<string, string[]> | undefined {
    if (!this.authenticator) return undefined;
    const { method, ruri, body, callId } = client.message;
    if (method === "INVITE" && this.abandoned.has(callId)) return undefined;
    const state = this.authentications.get(client) ?? Authenticator.begin();
    this.authentications.set(client, state);
    const status = response.statusCode ?? 0;
    const values = response.getHeaders(status === 401 ? "www-authenticate" : "proxy-authenticate");
    return this.authenticator.answer(state, status, values, {
      method,
      uri: ruri.toRaw(),
      body: body?.body ?? "",
    });
  }

  private offerInvite(request: IncomingInviteRequest): void {
    const arrival = this.arrivals.get(request.message);
    if (arrival) this.options.hooks.onInvite(this, request, arrival);
    else request.reject({ statusCode: 500 });
  }

  private async farewell(): Promise<void> {
    const { clock } = this.options;
    const limitMs = this.reliability.hasSilentInvite ? WITHDRAWN_MS : FAREWELL_MS;
    let over = false;
    let timer: TimerHandle | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = clock.setTimeout(() => {
        over = true;
        resolve();
      }, limitMs);
    });
    const answered = async () => {
      // An answer may call for another request: one with credentials.
      do {
        await Promise.allSettled(this.sending);
        await this.reliability.answered();
      } while (this.sending.size > 0 && !over);
    };
    await Promise.race([answered(), deadline]);
    clock.clear(timer);
  }

  // ---- out

  private send(text: string): Promise<void> {
    const sent = this.transmit(text);
    const done = () => void this.sending.delete(sent);
    this.sending.add(sent);
    sent.then(done, done);
    return sent;
  }

  private async transmit(text: string): Promise<void> {
    const message = describeOutgoing(text);
    if (!message) throw new OffhookError("INTERNAL", "A message without Via was to be sent.");
    if (message.status > 0) {
      const to = responseTarget(message.via, this.wire.protocol === "UDP");
      this.reliability.sentResponse(keyOf(message), message.status, text, to);
      await this.wire.send(text, to);
      return;
    }
    const key = { ...keyOf(message), sentBy: "" };
    try {
      const to = this.knownTarget(message) ?? (await this.resolveTarget(message));
      this.reliability.sentRequest(key, text, to);
      await this.wire.send(text, to);
    } catch (error) {
      this.reliability.forget(key);
      this.keepFailure(key.branch, messageOf(error));
      throw error;
    }
  }

  private knownTarget(message: OutgoingMessage): HostPort | undefined {
    // The ACK of a failure and CANCEL follow the INVITE hop by hop (RFC 3261 9.1, 17.1.1.3).
    if (message.method === "ACK" || message.method === "CANCEL") {
      const invite = this.reliability.targetOf(message.via.branch ?? "", "INVITE");
      if (invite) return invite;
    }
    const hop = this.nextHops.get(message.callId);
    if (hop && !message.hasToTag) return hop;
    const uri = nextUri(message);
    // A WebSocket client has no address of its own (RFC 7118 5).
    if (hop && (!uri || uri.host.endsWith(".invalid") || this.wire.protocol.startsWith("WS")))
      return hop;
    const target = uri && literalAddress(uri, this.wire.protocol);
    // A caller behind NAT, or without a listener, is reached over the connection it opened.
    const flow = this.flows.get(message.callId);
    const direct = flow && !message.route && target?.address === flow.address;
    return direct && this.wire.isOpen?.(flow) ? flow : target;
  }

  private async resolveTarget(message: OutgoingMessage): Promise<HostPort> {
    const uri = nextUri(message);
    if (!uri) throw new OffhookError("TRANSPORT_FAILED", "The next hop cannot be read.");
    const [first] = await this.options.resolver.resolve(uri, this.wire.protocol);
    if (!first) throw new OffhookError("ADDRESS_UNRESOLVED", "The next hop has no address.");
    return first;
  }

  private keepFailure(branch: string, detail: string): void {
    if (this.failures.size >= MAX_KEPT_FAILURES) this.failures.clear();
    this.failures.set(branch, detail);
  }

  private unreachable(remote: HostPort, detail: string): void {
    for (const key of this.reliability.unansweredTo(remote)) {
      this.reliability.forget(key);
      const client = this.core.userAgentClients.get(key.branch + key.method);
      if (!client) continue;
      this.keepFailure(key.branch, `${this.wire.protocol}: ${detail}`);
      this.guarded("a transport failure", () => failClient(client, detail));
    }
    for (const listener of [...this.unreachableListeners]) listener(remote);
  }

  // ---- in

  private receive(data: Buffer, from: HostPort): void {
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
        this.refuse(parsed.request, from, 400, parsed.reason);
    });
  }

  private receiveRequest(request: ParsedRequest, from: HostPort): void {
    const via = stampVia(request, from, this.wire.reliable);
    if (!via) {
      this.drop("a Via that cannot be read");
      return;
    }
    if (this.options.hooks.admits?.(from, request.method) === false) {
      this.drop("a request from an address that is not allowed");
      return;
    }
    const key = { branch: via.branch ?? "", sentBy: sentBy(via), method: request.method };
    if (!this.reliability.receivedRequest(key, from)) return;
    const requestUri = parseUri(request.requestUri);
    const message = toSipjsMessage(request, via);
    if (!message || !(message instanceof IncomingRequestMessage)) {
      this.drop("an address that cannot be read");
      if (request.method !== "ACK") this.refuse(request, from, 400, "an unreadable address");
      return;
    }
    // sip.js matches by branch alone; RFC 3261 17.2.3 wants the sender in it too.
    message.viaBranch = `${key.branch}|${key.sentBy}`;
    const refuse = (statusCode: number, extraHeaders: string[] = []) => {
      if (request.method !== "ACK") this.core.replyStateless(message, { statusCode, extraHeaders });
    };
    if (!requestUri) return refuse(416);
    // Dialogs are built from it without another look.
    if (request.method === "INVITE" && !message.headers["Contact"]?.[0]?.parsed) return refuse(400);
    if (normalizeBody(message) === false)
      return refuse(415, ["Accept: application/sdp, application/dtmf-relay"]);
    const dialog = message.toTag
      ? this.core.dialogs.get(message.callId + message.toTag + message.fromTag)
      : undefined;
    if (request.method === "UPDATE") return this.receiveUpdate(message, dialog, refuse);
    if (request.method === "PRACK" && !dialog) return refuse(481);
    if (!dialog && !outsideDialog.has(request.method)) return refuse(message.toTag ? 481 : 501);
    if (!message.toTag && this.merged.isMerged(message)) return refuse(482);
    // sip.js answers 404 unless the Request-URI is its own, and 416 to sips: and tel:.
    message.ruri = this.core.configuration.contact.uri;
    this.arrivals.set(message, { from, requestUri });
    try {
      this.core.receiveIncomingRequestFromTransport(message);
    } catch (error) {
      // What sip.js cannot digest is the sender's doing more often than not.
      this.options.logger.debug({ error: messageOf(error) }, "a request could not be handled");
      refuse(400);
    }
  }

  private receiveUpdate(
    message: IncomingRequestMessage,
    dialog: Dialog | undefined,
    refuse: (statusCode: number) => void,
  ): void {
    if (!dialog) return refuse(481);
    if (!admitToDialog(dialog, message)) return;
    const delegate =
      dialog instanceof SessionDialog ? (dialog.delegate as DialogDelegate | undefined) : undefined;
    if (delegate?.onUpdate) delegate.onUpdate(message);
    else this.core.replyStateless(message, { statusCode: 200 });
  }

  private receiveResponse(response: ParsedResponse): void {
    const via = parseVia(headerOf(response, "via") ?? "");
    if (!via?.branch) {
      this.drop("a response without a branch");
      return;
    }
    if (!this.reliability.receivedResponse(via.branch, response.method, response.status)) return;
    normalizeResponse(response, this.reliability.targetOf(via.branch, response.method));
    const message = toSipjsMessage(response, via);
    if (!message || message instanceof IncomingRequestMessage) {
      this.drop("a response whose addresses cannot be read");
      return;
    }
    normalizeBody(message);
    this.core.receiveIncomingResponseFromTransport(message);
  }

  /** Refuses what sip.js could not even be told of. */
  private refuse(request: ParsedRequest, from: HostPort, status: number, why: string): void {
    const via = stampVia(request, from, this.wire.reliable);
    const text = via && rawRefusal(request, status, why, this.options.random.hex(8));
    if (!text) return;
    const to = responseTarget(via, this.wire.protocol === "UDP");
    this.wire.send(text, to).catch((error: unknown) => this.drop(messageOf(error)));
  }

  private drop(reason: string): void {
    this.dropped += 1;
    this.options.logger.debug({ reason, transport: this.wire.protocol }, "dropped");
  }

  /** Whatever the network sends, nothing is thrown past this line. */
  private guarded(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.dropped += 1;
      this.options.logger.warn({ what, error: messageOf(error) }, "could not be handled");
    }
  }
}
