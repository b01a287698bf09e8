import {
  type CallSampleRate,
  type Carrier,
  type Clock,
  DEFAULT_LIMITS,
  type Destination,
  type LegSink,
  OffhookError,
  type OutboundLeg,
  type PlaceCallRequest,
  systemClock,
} from "@offhook/session";
import { z } from "zod";
import { parseOptions } from "../../parse-options.js";
import { RoomLeg } from "./room-leg.js";

export interface RoomCarrierOptions {
  /** Of the LiveKit server: `ws:` or `wss:`. */
  readonly url: string;
  /** The agent's access token for the room of this name. Never logged. */
  readonly token: (room: string) => string | Promise<string>;
  /** How long a user may take to join, in ms. Default 30,000. */
  readonly joinMs?: number;
  /** What agents read and write. Default 24,000. */
  readonly sampleRate?: CallSampleRate;
  readonly clock?: Clock;
}

const optionsSchema = z.object({
  url: z.url({ protocol: /^wss?$/, error: "must be a ws: or wss: URL" }),
  joinMs: z.number().int().min(1).max(3_600_000).default(DEFAULT_LIMITS.webJoinMs),
  sampleRate: z
    .union([z.literal(8_000), z.literal(16_000), z.literal(24_000), z.literal(48_000)])
    .default(24_000),
});

/**
 * Web calls: `calls.dial({ to: "room:NAME" })` waits in a LiveKit room for a user to join, and talks
 * with them as with a callee. Nobody within `joinMs` ends the call as USER_DID_NOT_JOIN. Throws
 * INVALID_OPTION.
 */
export function createRoomCarrier(options: RoomCarrierOptions): Carrier {
  const { token, clock = systemClock(), ...rest } = options;
  const { url, joinMs, sampleRate } = parseOptions("createRoomCarrier", optionsSchema, rest);
  const legs = new Set<RoomLeg>();
  return {
    clock,
    // Nothing rings in a room: the wait for somebody to join is the leg's own.
    profile: { limits: { noResponseMs: joinMs + 5_000 } },
    parseDestination(to): Destination {
      const name = /^room:(.{1,200})$/.exec(to.trim())?.[1]?.trim();
      if (name) return { address: name, kind: "room" };
      throw new OffhookError("INVALID_DESTINATION", "The destination is not a room.", {
        remedy: "Write it as room:NAME.",
      });
    },
    placeCall({ destination }: PlaceCallRequest, sink: LegSink): OutboundLeg {
      const leg = new RoomLeg({
        clock,
        url,
        joinMs,
        sampleRate,
        sink,
        token: Promise.resolve(destination.address).then(token),
        onOver: () => void legs.delete(leg),
      });
      legs.add(leg);
      return leg;
    },
    // Nobody calls in by a room: whoever joins one is waited for.
    receiveCalls: () => () => {},
    async close() {
      for (const leg of legs) leg.release();
    },
  };
}
