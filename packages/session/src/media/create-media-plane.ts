import { isIP } from "node:net";
import { messageOf, OffhookError } from "../errors.js";
import { type Logger, silentLogger } from "../logger.js";
import { bindAddressFor } from "./bind-address.js";
import { type CodecName, DEFAULT_CODECS, offersFor } from "./codecs/registry.js";
import type { DigitsInSound, MediaPlane, MediaPort, OpenMediaOptions } from "./media-plane.js";
import { monotonicMs } from "./monotonic-clock.js";
import type { PortRange, SocketKind } from "./socket/rtp-socket.js";
import { MediaThread } from "./worker/media-thread.js";
import { WorkerPort } from "./worker/worker-port.js";
import type { SharePorts } from "./worker/worker-protocol.js";

export interface MediaPlaneOptions {
  /** Media threads; ports go to the least busy one. Default 1, at most 64. */
  readonly workers?: number;
  /**
   * The address to bind to. Default: the one in our SDP, or all interfaces where that is not one of
   * this machine's (behind NAT, in a container).
   */
  readonly bindAddress?: string;
  /** Bind RTP to even ports in this range; any free port by default. */
  readonly ports?: PortRange;
  /**
   * Which calls may have one UDP port together, told apart by where their packets come from: fewer
   * ports to keep open, and less work for each packet. `inbound` (the default): calls that come in
   * with a usable address for their media, as long as no two have the same. `always`: outgoing ones
   * too, which is safe when every peer gives each call a port of its own, as trunks do. `never`: a
   * port for every call.
   */
  readonly sharePorts?: SharePorts;
  /**
   * How UDP is spoken. `batched` (the default) moves many datagrams with one system call, where the
   * machine can: Linux on x64 and arm64, with the optional dependency koffi. Elsewhere, or with
   * `node`, sockets are Node's own, at several times the cost of each packet.
   */
  readonly sockets?: SocketKind;
  /** What we speak, best first. Default PCMU, PCMA, G722. */
  readonly codecs?: readonly CodecName[];
  /**
   * Say nothing while the agent is silent, where the peer takes comfort noise instead (RFC 3389; with
   * PCMU and PCMA). Default false: a steady stream keeps NATs open, and tells a live line from a dead
   * one. Comfort noise of the peer is taken either way.
   */
  readonly comfortNoise?: boolean;
  /**
   * When to look for digits in what the peer sounds like. `needed` (the default): where it agreed on
   * no telephone-events. `always`: also where it did, for trunks that agree on them and then pass the
   * tones on as they are. That costs each call some 0.4 ms of CPU a second, and an echo of tones that
   * the agent sent may be heard as digits. `never`: nowhere.
   */
  readonly digitsInSound?: DigitsInSound;
  readonly logger?: Logger;
}

/**
 * The media plane of a SIP endpoint. Its threads start with the first port and are gone after
 * `close`; in between they keep the process alive only while a port is open.
 *
 * When every thread is overloaded (its clock runs late, or packets get lost on all its ports), a
 * new port fails with MEDIA_OVERLOADED, so that the calls that are up stay whole.
 *
 * `HeardFrame.atMs` counts from `open`. `write` settles while less than two seconds are queued.
 *
 * Throws INVALID_OPTION.
 */
export function createMediaPlane(options: MediaPlaneOptions = {}): MediaPlane {
  check(options);
  const { workers = 1, sockets = "batched" } = options;
  return planeOver(
    Array.from({ length: workers }, () => new MediaThread({ sockets })),
    options,
  );
}

/** What the plane needs of a media thread. */
export type PlaneThread = Pick<MediaThread, "openPorts" | "overloaded" | "add" | "send" | "close">;

/** The plane without the making of its threads. */
export function planeOver(threads: readonly PlaneThread[], options: MediaPlaneOptions): MediaPlane {
  const { bindAddress, ports, logger = silentLogger } = options;
  const { sharePorts: share = "inbound" } = options;
  const codecs = offersFor(options.codecs ?? DEFAULT_CODECS, {
    comfortNoise: options.comfortNoise === true,
  });
  const open = new Set<WorkerPort>();
  let legs = 0;
  let closing: Promise<void> | undefined;

  const openPort = (portOptions: OpenMediaOptions): MediaPort => {
    const thread = leastBusy(threads);
    if (closing || !thread) {
      throw new OffhookError("MEDIA_FAILED", "The media plane is closed.", {
        remedy: "Create a new one.",
      });
    }
    const leg = ++legs;
    const { callId, sampleRate, rtpLostMs, localAddress, remote } = portOptions;
    const port = new WorkerPort({
      ...portOptions,
      leg,
      send(command) {
        if (command.type === "close") open.delete(port);
        thread.send(command);
      },
      onListenerError: (error) =>
        logger.error({ callId, error: messageOf(error) }, "a frame listener threw"),
    });
    if (thread.overloaded) {
      logger.warn({ callId }, "no media port: the media threads are overloaded");
      queueMicrotask(() => port.abandon("the media threads are overloaded", overloaded()));
      return port;
    }
    open.add(port);
    thread.add(leg, port);
    thread.send({
      type: "open",
      leg,
      sampleRate,
      rtpLostMs,
      digitsInSound: options.digitsInSound ?? "needed",
      bindAddress: bindAddress ?? bindAddressFor(localAddress),
      ports,
      share,
      remote,
      openedMs: monotonicMs(),
    });
    return port;
  };

  const closeAll = async () => {
    for (const port of open) port.close();
    await Promise.all(threads.map((thread) => thread.close()));
  };

  return {
    codecs,
    open: openPort,
    get overloaded() {
      return threads.every((thread) => thread.overloaded);
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

function leastBusy(threads: readonly PlaneThread[]): PlaneThread | undefined {
  let best = threads[0];
  for (const thread of threads) {
    if (!best || burden(thread) < burden(best)) best = thread;
  }
  return best;
}

/** An overloaded thread is the last choice, however few its ports. */
function burden(thread: PlaneThread): number {
  return thread.openPorts + (thread.overloaded ? Number.MAX_SAFE_INTEGER / 2 : 0);
}

function overloaded(): OffhookError {
  const message = "There is no media port for another call: every media thread is overloaded.";
  return new OffhookError("MEDIA_OVERLOADED", message, {
    remedy: "Try again in some seconds; give the media plane more workers, or carry fewer calls.",
  });
}

function check(options: MediaPlaneOptions): void {
  const { workers = 1, bindAddress, ports, sharePorts, sockets } = options;
  if (!Number.isInteger(workers) || workers < 1 || workers > 64) {
    throw invalid(`workers is ${workers}`, "Give a whole number from 1 to 64.");
  }
  if (bindAddress !== undefined && isIP(bindAddress) === 0) {
    throw invalid(`bindAddress is ${JSON.stringify(bindAddress)}`, "Give an IP address.");
  }
  if (sharePorts !== undefined && !["never", "inbound", "always"].includes(sharePorts)) {
    const given = JSON.stringify(sharePorts);
    throw invalid(`sharePorts is ${given}`, "Give never, inbound or always.");
  }
  if (sockets !== undefined && !["batched", "node"].includes(sockets)) {
    throw invalid(`sockets is ${JSON.stringify(sockets)}`, "Give batched or node.");
  }
  const { digitsInSound } = options;
  if (digitsInSound !== undefined && !["needed", "always", "never"].includes(digitsInSound)) {
    const given = JSON.stringify(digitsInSound);
    throw invalid(`digitsInSound is ${given}`, "Give needed, always or never.");
  }
  if (!ports) return;
  const { min, max } = ports;
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || max > 65_535 || max <= min) {
    throw invalid(`ports is ${min} to ${max}`, "Give whole numbers, min below max, 1 to 65535.");
  }
}

function invalid(what: string, remedy: string): OffhookError {
  return new OffhookError("INVALID_OPTION", `createMediaPlane: ${what}.`, { remedy });
}
