import { literalAddress } from "../route/resolver.js";
import type { HostPort, Wire } from "../transport/wire.js";
import type { OutgoingRequest } from "./outgoing.js";

/** Where the requests of each call go, by Call-ID. */
export class CallPaths {
  /** While no dialog says otherwise. */
  private readonly nextHops = new Map<string, HostPort>();
  /** The connection a call came over, or was moved to. */
  private readonly flows = new Map<string, HostPort>();

  setNextHop(callId: string, hop: HostPort): void {
    this.nextHops.set(callId, hop);
  }

  setFlow(callId: string, flow: HostPort): void {
    this.nextHops.set(callId, flow);
    this.flows.set(callId, flow);
  }

  clear(callId: string): void {
    this.nextHops.delete(callId);
    this.flows.delete(callId);
  }

  /** Where they go, by each of them. */
  get hops(): Iterable<HostPort> {
    return this.nextHops.values();
  }

  /** Where a request goes as far as that is known without asking the DNS. */
  targetOf(request: OutgoingRequest, wire: Wire): HostPort | undefined {
    const hop = this.nextHops.get(request.callId);
    if (hop && request.toTag === "") return hop;
    const uri = request.nextUri;
    // A WebSocket client has no address of its own (RFC 7118 5).
    if (hop && (!uri || uri.host.endsWith(".invalid") || wire.protocol.startsWith("WS")))
      return hop;
    const target = uri && literalAddress(uri, wire.protocol);
    // A caller behind NAT, or without a listener, is reached over the connection it opened.
    const flow = this.flows.get(request.callId);
    const direct = flow && !request.hasRoute && target?.address === flow.address;
    return direct && wire.isOpen?.(flow) ? flow : target;
  }
}
