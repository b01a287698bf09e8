import { dispose } from "@livekit/rtc-node";
import { createCalls, defineAgent } from "@offhook/agent";
import { createRoomCarrier, joinRoom } from "@offhook/agent/livekit-room";
import { hummingVoice } from "@offhook/agent/testing";
import type { CallOutcome } from "@offhook/session";
import { type CalleeScript, simulateCarrier, type virtualClock } from "@offhook/session/testing";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LiveKitDouble, startLiveKitDouble } from "./livekit-double.js";
import { roomToken } from "./room-token.js";
import { RoomVisitor } from "./room-visitor.js";

// The native client logs every step otherwise, and reads this when it is imported.
vi.hoisted(() => {
  process.env["NODE_ENV"] = "production";
});

/** A server, and a room of its own on it: a real one whenever there is one, else the double. */
interface Server {
  readonly url: string;
  tokenFor(identity: string): string;
}

const { LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET } = process.env;
let double: LiveKitDouble | undefined;
let server: Server;
const visitors: RoomVisitor[] = [];

beforeEach(async () => {
  if (LIVEKIT_URL && LIVEKIT_API_KEY && LIVEKIT_API_SECRET) {
    const [key, secret] = [LIVEKIT_API_KEY, LIVEKIT_API_SECRET];
    const room = `offhook-test-${Math.random().toString(36).slice(2)}`;
    const tokenFor = (identity: string) => roomToken({ identity, room, key, secret });
    server = { url: LIVEKIT_URL, tokenFor };
  } else {
    double = await startLiveKitDouble();
    server = double;
  }
});
afterEach(async () => {
  for (const visitor of visitors.splice(0)) await visitor.leave();
  await double?.close();
  double = undefined;
});
// Without it the process never exits: the native client keeps it open.
afterAll(() => dispose());

async function visit(identity: string): Promise<RoomVisitor> {
  const visitor = new RoomVisitor();
  visitors.push(visitor);
  await visitor.join(server.url, server.tokenFor(identity));
  return visitor;
}

/** A room lives in real time, so virtual time follows it. */
async function inRealTime(clock: ReturnType<typeof virtualClock>, ended: Promise<CallOutcome>) {
  let outcome: CallOutcome | undefined;
  void ended.then((value) => {
    outcome = value;
  });
  for (let lastAt = performance.now(); !outcome; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = performance.now();
    await clock.advanceBy(now - lastAt);
    lastAt = now;
  }
  return outcome;
}

describe("a caller in a room", () => {
  async function call(
    callee: CalleeScript,
    during: (visitor: RoomVisitor) => Promise<void> = async () => {},
  ) {
    const visitor = await visit("agent");
    const carrier = simulateCarrier(callee);
    const seen: string[] = [];
    visitor.room.on("participantAttributesChanged", (changed) => {
      if (changed["sip.callStatus"]) seen.push(changed["sip.callStatus"]);
    });
    const events: string[] = [];
    let left: Promise<void> | undefined;
    const agent = defineAgent({
      name: "room",
      detectors: [],
      async setup(context) {
        const bridge = await carrier.clock.holdWhile(
          joinRoom(context, {
            url: server.url,
            token: () => server.tokenFor("caller"),
            attributes: { "sip.trunkID": "ST_1" },
          }),
        );
        left = bridge.left;
        bridge.on(
          "data",
          ({ payload, topic }) => void events.push(`${topic}: ${Buffer.from(payload)}`),
        );
        bridge.on("participant_left", ({ identity }) => void events.push(`${identity} left`));
        bridge.on("disconnected", ({ reason }) => void events.push(reason));
      },
      onAnswer: () => during(visitor),
    });
    const placed = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
    const outcome = await inRealTime(carrier.clock, placed.ended);
    await left;
    expect(carrier.clock.pendingTimers).toBe(0);
    return { outcome, visitor, carrier, seen, events };
  }

  it("is a participant whose sip attributes follow the call", async () => {
    let attributes: Readonly<Record<string, string>> | undefined;
    const { outcome, seen } = await call(
      (callee) => callee.ring({ durationMs: 300 }).answer().silence({ durationMs: 600 }).hangUp(),
      async (visitor) => {
        attributes = { ...visitor.attributesOf("caller") };
      },
    );
    expect(outcome).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL", errors: [] });
    expect(attributes).toMatchObject({
      "sip.phoneNumber": "+12025550100",
      "sip.callID": outcome.callId,
      "sip.trunkID": "ST_1",
    });
    await expect.poll(() => seen).toEqual(["dialing", "ringing", "active", "hangup"]);
  });

  it("hears the room and is heard in it, digits and all", async () => {
    const { outcome, visitor, carrier, events } = await call(
      (callee) => callee.answer().pressKeys("7").speak("name").listen({ durationMs: 700 }).hangUp(),
      async (visitor) => {
        void visitor.hum(2_000);
        await visitor.room.localParticipant?.publishDtmf(5, "5");
        await visitor.room.localParticipant?.publishData(Buffer.from("hi"), {
          reliable: true,
          topic: "note",
        });
      },
    );
    expect(outcome.errors).toEqual([]);
    expect(visitor.digits).toEqual(["7"]);
    expect(carrier.heard().digits).toBe("5");
    expect(events).toContain("note: hi");
    expect(visitor.heardMs).toBeGreaterThan(600);
    expect(carrier.heard().audibleMs).toBeGreaterThan(600);
  });

  it.skipIf(LIVEKIT_URL)("ends the call when the room is closed", async () => {
    const { outcome, events } = await call(
      (callee) => callee.answer().stayOn(),
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        double?.deleteRoom();
      },
    );
    expect(outcome).toMatchObject({ endReason: "AGENT_HUNG_UP", errors: [] });
    expect(events).toContain("ROOM_DELETED");
  });

  it("says so when the room cannot be joined, and the call is not placed", async () => {
    const carrier = simulateCarrier((callee) => callee.answer().stayOn());
    const agent = defineAgent({
      name: "room",
      detectors: [],
      setup: async (context) =>
        void (await carrier.clock.holdWhile(
          joinRoom(context, { url: "ws://127.0.0.1:1", token: "none", connectTimeoutMs: 800 }),
        )),
    });
    const placed = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
    const outcome = await carrier.clock.runUntil(placed.ended, { graceMs: 5_000 });
    expect(outcome.endReason).toBe("AGENT_ERROR");
    expect(outcome.errors[0]?.code).toBe("ROOM_FAILED");
  });
});

describe("a web call", () => {
  const webCarrier = (joinMs?: number) =>
    createRoomCarrier({
      url: server.url,
      token: () => server.tokenFor("agent"),
      sampleRate: 16_000,
      ...(joinMs === undefined ? {} : { joinMs }),
    });

  it("talks with whoever joins, and ends when they leave", async () => {
    const agent = defineAgent({
      name: "web",
      detectors: [],
      async onAnswer({ session }) {
        session.on("dtmf", ({ digit }) => session.data.set("digit", digit));
        await session.say("Good morning to you.", { voice: hummingVoice() });
      },
    });
    const calls = createCalls({ carrier: webCarrier(), agent });
    const call = calls.dial({ to: "room:lobby" });
    const user = await visit("user");
    void user.hum(10_000);
    await expect.poll(() => user.heardMs, { timeout: 5_000 }).toBeGreaterThan(800);
    await user.room.localParticipant?.publishDtmf(9, "9");
    await expect.poll(() => call.session.data.get("digit")).toBe("9");
    await user.leave();
    visitors.splice(0);
    const outcome = await call.ended;
    expect(outcome).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL", errors: [] });
    expect(outcome.states.map(({ state }) => state)).toEqual([
      "pending",
      "dialing",
      "active",
      "ended",
    ]);
    await calls.close();
  });

  it("that nobody joins in time ends as USER_DID_NOT_JOIN", async () => {
    const agent = defineAgent({ name: "web", detectors: [] });
    const calls = createCalls({ carrier: webCarrier(300), agent });
    const outcome = await calls.dial({ to: "room:lobby" }).ended;
    expect(outcome).toMatchObject({
      endReason: "USER_DID_NOT_JOIN",
      finalState: "not_connected",
      endedBy: "user",
    });
    await calls.close();
  });

  it("can be withdrawn while nobody is there, and refuses what is no room", async () => {
    const agent = defineAgent({ name: "web", detectors: [] });
    const calls = createCalls({ carrier: webCarrier(), agent });
    const call = calls.dial({ to: "room:lobby" });
    await new Promise<void>((resolve) => call.session.on("dialing", () => resolve()));
    expect((await calls.cancel(call.callId)).endReason).toBe("CANCELED");
    expect((await calls.dial({ to: "+12025550100" }).ended).endReason).toBe("INVALID_DESTINATION");
    await calls.close();
  });
});
