import type {
  IncomingInviteRequest,
  IncomingResponseMessage,
  UserAgentClient,
  UserAgentCore,
} from "sip.js/lib/core/index.js";
import type { Clock, TimerHandle } from "../clock.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Random } from "../random.js";
import { CallPaths } from "./core/call-paths.js";
import { FlowKeeper } from "./core/flow-keeper.js";
import type { Elsewhere } from "./core/hand-over.js";
import { endLateFork } from "./core/late-fork.js";
import { OwnRepeats } from "./core/own-repeats.js";
import { PeerRepeats } from "./core/peer-repeats.js";
import { type Arrival, Receiver } from "./core/receiver.js";
import { Sender } from "./core/sender.js";
import { failClient, tieCore } from "./core/sipjs-patches.js";
import { createCore, moveCore } from "./core/user-agent-core.js";
import { type AuthenticationState, Authenticator } from "./credentials/authenticator.js";
import type { DigestCredentials } from "./credentials/digest.js";
import type { Refusal } from "./credentials/inbound-guard.js";
import { Strangers } from "./credentials/strangers.js";
import { defaultPort, type Resolver } from "./route/resolver.js";
import { PING } from "./transport/pulse.js";
import { formatHost, type HostPort, type Wire, type WireEvents } from "./transport/wire.js";

export interface BindingHooks {
  onInvite(binding: Binding, request: IncomingInviteRequest, arrival: Arrival): void;
  /** False has a request refused before anything is kept of it. */
  admits?(from: HostPort, method: string): boolean;
  /** How every call to us would be refused now, if it would. */
  refusal?(): Refusal | undefined;
  /** Whether this is an address of the trunk whose credentials we have. */
  isTrunk?(address: string): boolean;
  /** The other bindings of the same carrier, as seen from this one. */
  elsewhere?(binding: Binding): Elsewhere;
  /** The same peer over a stream; undefined where it takes none. */
  overStream?(to: HostPort): Promise<Wire | undefined>;
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

/** How long closing waits for the peers' answers: a request that is lost is sent three times. */
const FAREWELL_MS = 2_000;
/** The same after an INVITE that met silence: a phone that starts to ring now is still stopped. */
const WITHDRAWN_MS = 4_000;

/** One sip.js core over one transport and local address, tied to what stands between them. */
export class Binding {
  readonly wire: Wire;
  readonly core: UserAgentCore;
  /** What peers are told. */
  advertised: HostPort;
  private readonly options: BindingOptions;
  private readonly ours: OwnRepeats;
  private readonly theirs: PeerRepeats;
  private readonly paths = new CallPaths();
  private readonly keeper: FlowKeeper;
  private readonly sender: Sender;
  private readonly receiver: Receiver;
  private readonly authenticator: Authenticator | undefined;
  private readonly authentications = new WeakMap<UserAgentClient, AuthenticationState>();
  /** Calls we no longer want, by Call-ID: their INVITE is not sent again with credentials. */
  private readonly abandoned = new Set<string>();
  private readonly strangers = new Strangers();
  private readonly unreachableListeners = new Set<(remote: HostPort) => void>();

  static async open(options: BindingOptions): Promise<Binding> {
    const early: { data: Buffer; from: HostPort }[] = [];
    let binding: Binding | undefined;
    const wire = await options.openWire({
      onMessage: (data, from) =>
        binding ? binding.receiver.receive(data, from) : void early.push({ data, from }),
      onUnreachable: (remote, detail) => binding?.unreachable(remote, detail),
      onDropped: (reason) => binding?.receiver.drop(reason),
    });
    binding = new Binding(options, wire);
    for (const { data, from } of early) binding.receiver.receive(data, from);
    return binding;
  }

  private constructor(options: BindingOptions, wire: Wire) {
    const { clock, random, logger, resolver, credentials, hooks } = options;
    this.options = options;
    this.wire = wire;
    const port = wire.local.port || defaultPort(wire.protocol);
    this.advertised = { address: options.advertisedAddress, port };
    this.authenticator = credentials && new Authenticator(credentials, random);
    const repeating = {
      clock,
      repeats: !wire.reliable,
      resend: (text: string, to: HostPort) => this.sendRaw(text, to),
    };
    this.ours = new OwnRepeats(repeating);
    this.theirs = new PeerRepeats(repeating);
    const { ours, theirs, paths } = this;
    const keepAlive = (flow: HostPort) => this.keepAlive(flow);
    this.keeper = new FlowKeeper({ clock, flows: () => paths.hops, keepAlive });
    const { overStream } = hooks;
    this.sender = new Sender({
      ...{ wire, ours, theirs, paths, resolver },
      ...(overStream ? { overStream } : {}),
    });
    this.core = createCore({
      protocol: wire.protocol,
      host: `${formatHost(this.advertised.address)}:${this.advertised.port}`,
      userAgent: options.userAgent,
      random,
      logger,
      send: (text, origin) => this.sender.send(text, origin),
      delegate: {
        onInvite: (request) => this.offerInvite(request),
        onRefer: (request) => request.reject({ statusCode: 403 }),
      },
    });
    const { core } = this;
    const { admits, refusal } = hooks;
    const elsewhere = hooks.elsewhere?.(this);
    this.receiver = new Receiver({
      ...{ wire, core, ours, theirs, clock, random, logger },
      ...(admits ? { admits } : {}),
      ...(refusal ? { refusal } : {}),
      ...(elsewhere ? { elsewhere } : {}),
      onLateFork: (answer) => endLateFork(core, answer, (ack) => this.sendLateAck(ack, answer)),
    });
    tieCore(core, {
      makeBranch: () => `z9hG4bK${random.hex(12)}`,
      answerChallenge: (client, response) => this.authenticate(client, response),
    });
  }

  /** What came by another binding's wire, and may be for this one. */
  get claims(): Elsewhere {
    return this.receiver;
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
    return this.receiver.droppedCount;
  }

  /** A fresh Call-ID or tag. */
  newToken(): string {
    return this.options.random.hex(12);
  }

  /** Keeps NAT bindings and connections open (RFC 5626 3.5.1, 4.4.1). Failures tell themselves. */
  keepAlive(hop: HostPort): void {
    if (this.wire.keepAlive) this.wire.keepAlive(hop);
    else this.sendRaw(PING, hop);
  }

  /** Calls back whenever what was sent to a peer was refused, or its connection broke. */
  onUnreachable(listener: (remote: HostPort) => void): () => void {
    this.unreachableListeners.add(listener);
    return () => void this.unreachableListeners.delete(listener);
  }

  /** Sends a call's requests outside dialogs to `hop` until `clearNextHop`. */
  setNextHop(callId: string, hop: HostPort): void {
    this.paths.setNextHop(callId, hop);
    if (this.wire.reliable) this.keeper.start();
  }

  /** A call came in: what we are asked for during it, only our trunk is told. */
  meet(callId: string, from: HostPort): void {
    this.setFlow(callId, from);
    const { isTrunk } = this.options.hooks;
    if (this.authenticator && isTrunk?.(from.address) === false) this.strangers.add(callId);
  }

  /** A call that came over this connection is answered over it, while it lasts. */
  setFlow(callId: string, from: HostPort): void {
    this.paths.setFlow(callId, from);
    if (this.wire.reliable) this.keeper.start();
  }

  clearNextHop(callId: string): void {
    this.paths.clear(callId);
    this.abandoned.delete(callId);
  }

  /** Lets the next challenge of this call's INVITE count as its end. */
  abandon(callId: string): void {
    this.abandoned.add(callId);
  }

  /** Why the request with this branch failed without a response. */
  takeFailure(branch: string | undefined): string | undefined {
    return branch === undefined ? undefined : this.sender.takeFailure(branch);
  }

  /** Lets the last requests be answered first: a BYE that is lost leaves the peer in the call. */
  async close(): Promise<void> {
    await this.farewell();
    this.keeper.stop();
    this.core.dispose();
    this.ours.close();
    this.theirs.close();
    await this.wire.close();
  }

  private authenticate(
    client: UserAgentClient,
    response: IncomingResponseMessage,
  ): Record<string, string[]> | undefined {
    if (!this.authenticator) return undefined;
    const { method, ruri, body, callId } = client.message;
    if (method === "INVITE" && this.abandoned.has(callId)) return undefined;
    // It is of its INVITE, and cannot be sent again by itself (RFC 3261 22.1).
    if (method === "CANCEL" || this.strangers.has(callId)) return undefined;
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
    const arrival = this.receiver.arrivalOf(request.message);
    if (arrival) this.options.hooks.onInvite(this, request, arrival);
    else request.reject({ statusCode: 500 });
  }

  private async farewell(): Promise<void> {
    const { clock } = this.options;
    const limitMs = this.ours.hasSilentInvite ? WITHDRAWN_MS : FAREWELL_MS;
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
        await this.sender.flush();
        await this.ours.answered();
      } while (!this.sender.idle && !over);
    };
    await Promise.race([answered(), deadline]);
    clock.clear(timer);
  }

  private sendLateAck(ack: string, { viaBranch }: IncomingResponseMessage): void {
    this.sender
      .sendAck(ack, viaBranch)
      .catch((error: unknown) => this.receiver.drop(messageOf(error)));
  }

  private sendRaw(text: string, to: HostPort): void {
    this.wire.send(text, to).catch((error: unknown) => this.receiver.drop(messageOf(error)));
  }

  private unreachable(remote: HostPort, detail: string): void {
    for (const key of this.ours.unansweredTo(remote)) {
      this.ours.forget(key);
      const client = this.core.userAgentClients.get(key.branch + key.method);
      if (!client) continue;
      this.sender.keepFailure(key.branch, `${this.wire.protocol}: ${detail}`);
      this.receiver.guarded("a transport failure", () => failClient(client, detail));
    }
    for (const listener of [...this.unreachableListeners]) listener(remote);
  }
}
