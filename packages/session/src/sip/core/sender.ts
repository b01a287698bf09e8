import { messageOf, OffhookError } from "../../errors.js";
import type { Resolver } from "../route/resolver.js";
import type { HostPort, Wire } from "../transport/wire.js";
import type { CallPaths } from "./call-paths.js";
import { describeOutgoing, type OutgoingMessage } from "./outgoing.js";
import type { Reliability } from "./reliability.js";
import { keyOf, nextUri, responseTarget } from "./routing.js";

export interface SenderOptions {
  readonly wire: Wire;
  readonly reliability: Reliability;
  readonly paths: CallPaths;
  readonly resolver: Resolver;
}

const MAX_KEPT_FAILURES = 1_000;

/** Everything that sip.js writes goes out here: finds out where to, and has it repeated. */
export class Sender {
  private readonly options: SenderOptions;
  /** Messages on their way to the socket. */
  private readonly sending = new Set<Promise<void>>();
  /** Why requests failed before they were answered, by branch. */
  private readonly failures = new Map<string, string>();

  constructor(options: SenderOptions) {
    this.options = options;
  }

  get idle(): boolean {
    return this.sending.size === 0;
  }

  /** Settles once what is under way now has left, or failed to. */
  async flush(): Promise<void> {
    await Promise.allSettled(this.sending);
  }

  /** Rejects with ADDRESS_UNRESOLVED or TRANSPORT_FAILED. */
  send(text: string): Promise<void> {
    const sent = this.transmit(text);
    const done = () => void this.sending.delete(sent);
    this.sending.add(sent);
    sent.then(done, done);
    return sent;
  }

  keepFailure(branch: string, detail: string): void {
    if (this.failures.size >= MAX_KEPT_FAILURES) this.failures.clear();
    this.failures.set(branch, detail);
  }

  takeFailure(branch: string): string | undefined {
    const detail = this.failures.get(branch);
    this.failures.delete(branch);
    return detail;
  }

  private async transmit(text: string): Promise<void> {
    const { wire, reliability, paths } = this.options;
    const message = describeOutgoing(text);
    if (!message) throw new OffhookError("INTERNAL", "A message without Via was to be sent.");
    if (message.status > 0) {
      const to = responseTarget(message.via, wire.protocol === "UDP");
      reliability.sentResponse(keyOf(message), message.status, text, to);
      await wire.send(text, to);
      return;
    }
    const key = { ...keyOf(message), sentBy: "" };
    try {
      const to =
        this.inviteTarget(message) ??
        paths.targetOf(message, wire) ??
        (await this.resolveTarget(message));
      reliability.sentRequest(key, text, to);
      await wire.send(text, to);
    } catch (error) {
      reliability.forget(key);
      this.keepFailure(key.branch, messageOf(error));
      throw error;
    }
  }

  /** The ACK of a failure and CANCEL follow the INVITE hop by hop (RFC 3261 9.1, 17.1.1.3). */
  private inviteTarget({ method, via }: OutgoingMessage): HostPort | undefined {
    if (method !== "ACK" && method !== "CANCEL") return undefined;
    return this.options.reliability.targetOf(via.branch ?? "", "INVITE");
  }

  private async resolveTarget(message: OutgoingMessage): Promise<HostPort> {
    const uri = nextUri(message);
    if (!uri) throw new OffhookError("TRANSPORT_FAILED", "The next hop cannot be read.");
    const { resolver, wire } = this.options;
    const [first] = await resolver.resolve(uri, wire.protocol);
    if (!first) throw new OffhookError("ADDRESS_UNRESOLVED", "The next hop has no address.");
    return first;
  }
}
