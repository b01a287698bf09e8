import { messageOf, OffhookError } from "../../errors.js";
import { wireOf } from "../message/sipjs-message.js";
import type { Resolver } from "../route/resolver.js";
import type { HostPort, Wire } from "../transport/wire.js";
import type { CallPaths } from "./call-paths.js";
import {
  describeOutgoing,
  type Origin,
  type OutgoingRequest,
  type OutgoingResponse,
} from "./outgoing.js";
import type { OwnRepeats } from "./own-repeats.js";
import { OwnRequest } from "./own-request.js";
import type { PeerRepeats } from "./peer-repeats.js";
import { MAX_DATAGRAM_BYTES, responseTarget, responseTargetAnew, sentBy } from "./routing.js";

export interface SenderOptions {
  readonly wire: Wire;
  readonly ours: OwnRepeats;
  readonly theirs: PeerRepeats;
  readonly paths: CallPaths;
  readonly resolver: Resolver;
  /** The same peer over a stream, for what no datagram should carry; undefined where it takes none. */
  readonly overStream?: (to: HostPort) => Promise<Wire | undefined>;
}

const MAX_KEPT_FAILURES = 1_000;

/** Everything that sip.js writes goes out here: finds out where to, and has it repeated. */
export class Sender {
  private readonly options: SenderOptions;
  /** Messages on their way to the socket. */
  private underWay = 0;
  private tellFlushed: (() => void)[] = [];
  /** Why requests failed before they were answered, by branch. */
  private readonly failures = new Map<string, string>();

  constructor(options: SenderOptions) {
    this.options = options;
  }

  get idle(): boolean {
    return this.underWay === 0;
  }

  /** Settles once nothing is under way. */
  async flush(): Promise<void> {
    if (!this.idle) await new Promise<void>((resolve) => void this.tellFlushed.push(resolve));
  }

  /** Rejects with ADDRESS_UNRESOLVED or TRANSPORT_FAILED. */
  send(text: string, origin?: Origin): Promise<void> {
    const message = describeOutgoing(text, origin);
    if (!message) return this.track(Promise.reject(notOurs()));
    if (message.kind === "response") {
      const wire = origin instanceof OwnRequest ? undefined : origin && wireOf(origin);
      return this.track(this.sendResponse(message, text, wire));
    }
    const inviteBranch = origin instanceof OwnRequest ? origin.branch : message.branch;
    return this.track(this.sendRequest(message, text, inviteBranch ?? ""));
  }

  /** The ACK of a 2xx, where sip.js knows nothing of the INVITE any more. */
  sendAck(text: string, inviteBranch: string): Promise<void> {
    const message = describeOutgoing(text);
    return this.track(
      message?.kind === "request"
        ? this.sendRequest(message, text, inviteBranch)
        : Promise.reject(notOurs()),
    );
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

  private track(sent: Promise<void>): Promise<void> {
    this.underWay += 1;
    return sent.finally(this.left);
  }

  private readonly left = (): void => {
    this.underWay -= 1;
    if (this.idle) for (const tell of this.tellFlushed.splice(0)) tell();
  };

  /** `over` is the wire that the request came by, where that is not our own. */
  private sendResponse(response: OutgoingResponse, text: string, over?: Wire): Promise<void> {
    const { wire, theirs } = this.options;
    const { branch, method, status, via } = response;
    const by = over ?? wire;
    const back = responseTarget(via, by.protocol === "UDP");
    const to = by.isOpen?.(back) === false ? responseTargetAnew(via) : back;
    if (over) return over.send(text, to);
    const key = { branch, sentBy: sentBy(via), method };
    theirs.sentResponse(key, status, text, to);
    return wire.send(text, to);
  }

  private async sendRequest(
    request: OutgoingRequest,
    text: string,
    inviteBranch: string,
  ): Promise<void> {
    const { wire, ours, paths } = this.options;
    const { branch, method, toTag } = request;
    const key = { branch, sentBy: "", method };
    try {
      const known = this.inviteTarget(request) ?? paths.targetOf(request, wire);
      const to = known ?? (await this.resolveTarget(request));
      const stream = this.wantsStream(request, text)
        ? await this.options.overStream?.(to)
        : undefined;
      if (method === "ACK") ours.sentAck(inviteBranch, toTag, text, to);
      else ours.sentRequest(key, text, to, stream !== undefined);
      if (stream) await stream.send(overTcp(text), to);
      else await wire.send(text, to);
    } catch (error) {
      ours.forget(key);
      this.keepFailure(branch, messageOf(error));
      throw error;
    }
  }

  /** RFC 3261 18.1.1. The ACK of a failure and CANCEL go the way of their INVITE. */
  private wantsStream(request: OutgoingRequest, text: string): boolean {
    const { wire, ours } = this.options;
    const { method, branch, toTag, nextUri } = request;
    if (wire.protocol !== "UDP") return false;
    if (this.inviteTarget(request)) return ours.wasMoved(branch, "INVITE");
    // Within a dialog the peer says how it wants to be reached, however the call began.
    if (toTag !== "" && nextUri?.params["transport"]?.toLowerCase() === "tcp") return true;
    return method !== "ACK" && Buffer.byteLength(text) > MAX_DATAGRAM_BYTES;
  }

  /** The ACK of a failure and CANCEL follow the INVITE hop by hop (RFC 3261 9.1, 17.1.1.3). */
  private inviteTarget({ method, branch }: OutgoingRequest): HostPort | undefined {
    if (method !== "ACK" && method !== "CANCEL") return undefined;
    return this.options.ours.targetOf(branch, "INVITE");
  }

  private async resolveTarget({ nextUri }: OutgoingRequest): Promise<HostPort> {
    if (!nextUri) throw new OffhookError("TRANSPORT_FAILED", "The next hop cannot be read.");
    const { resolver, wire } = this.options;
    const [first] = await resolver.resolve(nextUri, wire.protocol);
    if (!first) throw new OffhookError("ADDRESS_UNRESOLVED", "The next hop has no address.");
    return first;
  }
}

/** The topmost Via names the transport (RFC 3261 18.1.1). */
function overTcp(text: string): string {
  return text.replace(/^Via: SIP\/2\.0\/UDP /m, "Via: SIP/2.0/TCP ");
}

function notOurs(): OffhookError {
  return new OffhookError("INTERNAL", "A message without Via was to be sent.");
}
