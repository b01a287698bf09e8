import { loadLinuxCalls } from "./linux-calls.js";
import { LinuxSockets } from "./linux-sockets.js";
import { NodeSockets } from "./node-sockets.js";
import type { RtpSockets, SocketKind } from "./rtp-socket.js";

/** Sockets of the kind that is wanted, or Node's own where this machine has no others. */
export function openSockets(kind: SocketKind): RtpSockets {
  const calls = kind === "batched" ? loadLinuxCalls() : undefined;
  return calls ? new LinuxSockets(calls) : new NodeSockets();
}
