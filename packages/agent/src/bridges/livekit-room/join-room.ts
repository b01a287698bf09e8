import { DisconnectReason, Room, RoomEvent } from "@livekit/rtc-node";
import { type CallSession, EventHub, type Hook, isTerminal, OffhookError } from "@offhook/session";
import { z } from "zod";
import type { CallContext } from "../../call-context.js";
import { parseOptions } from "../../parse-options.js";
import { redactedMessage } from "./redact.js";
import { RoomMicrophone, RoomSpeaker } from "./room-audio.js";
import { dtmfCode, sipCallStatus } from "./sip-attributes.js";

export interface JoinRoomOptions {
  /** Of the LiveKit server: `ws:` or `wss:`. */
  readonly url: string;
  /** The caller's access token; its identity is who the caller is in the room. Never logged. */
  readonly token: string | (() => string | Promise<string>);
  /** The trunk's number, as `sip.trunkPhoneNumber`. */
  readonly trunkNumber?: string;
  /** More attributes of the participant, by name. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** End the call when the room is closed or the caller is put out of it. Default true. */
  readonly endWithRoom?: boolean;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
}

const optionsSchema = z.object({
  url: z.url({ protocol: /^wss?$/, error: "must be a ws: or wss: URL" }),
  trunkNumber: z.string().optional(),
  attributes: z.record(z.string(), z.string()).default({}),
  endWithRoom: z.boolean().default(true),
  connectTimeoutMs: z.number().int().min(1).max(600_000).default(10_000),
});

/** What a room tells, beside the call's own events. */
export interface RoomEvents {
  participant_joined: { readonly identity: string };
  participant_left: { readonly identity: string };
  /** Somebody sent data. */
  data: {
    readonly identity: string | undefined;
    readonly topic: string | undefined;
    readonly payload: Uint8Array;
  };
  /** Somebody's attributes changed; only the changed ones. */
  attributes: { readonly identity: string; readonly changed: Readonly<Record<string, string>> };
  /** The room is over for the caller. Last. */
  disconnected: { readonly reason: string };
}

/** How long leaving may take once the call is over. */
const LEAVE_MS = 2_000;
/** The caller's ear is this far ahead at most: a room that runs fast must not pile up delay. */
const MAX_QUEUED_MS = 200;

/** A caller in a LiveKit room. */
export interface RoomBridge {
  readonly room: Room;
  on<Name extends keyof RoomEvents>(name: Name, hook: Hook<RoomEvents[Name]>): () => void;
  /** Settles when the caller has left the room. Never rejects. */
  readonly left: Promise<void>;
}

/**
 * Lets the caller join a room as a participant: audio both ways, digits as DTMF data, and the
 * `sip.*` attributes that LiveKit's own SIP participants have. Call it in `setup` to let the room see
 * the dialling, or in `onAnswer`. The caller leaves when the call ends. Rejects with INVALID_OPTION,
 * ROOM_FAILED.
 */
export async function joinRoom(
  context: Pick<CallContext, "callId" | "session" | "userNumber">,
  options: JoinRoomOptions,
): Promise<RoomBridge> {
  const { token, ...rest } = options;
  const settings = parseOptions("joinRoom", optionsSchema, rest);
  const { call } = context.session;
  const room = new Room();
  const hub = new EventHub<RoomEvents>({
    clock: call.clock,
    deadlineMs: 10_000,
    onFault: ({ code, event, message }) =>
      call.noteFault({ code, message, where: `hook:room.${event}` }),
  });
  const bridge = new CallerInRoom(call, room, hub, settings.endWithRoom);
  await connect(room, settings.url, token, settings.connectTimeoutMs);
  await bridge.join({
    "sip.callID": context.callId,
    "sip.phoneNumber": context.userNumber,
    ...(settings.trunkNumber === undefined ? {} : { "sip.trunkPhoneNumber": settings.trunkNumber }),
    ...settings.attributes,
  });
  return { room, on: (name, hook) => hub.on(name, hook), left: bridge.left };
}

async function connect(
  room: Room,
  url: string,
  token: JoinRoomOptions["token"],
  timeoutMs: number,
): Promise<void> {
  // The client lives in real time, whatever clock the call lives by.
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("it took too long")), timeoutMs);
  });
  try {
    const options = { autoSubscribe: true, dynacast: false };
    const given = typeof token === "string" ? token : await token();
    await Promise.race([room.connect(url, given, options), late]);
  } catch (thrown) {
    void room.disconnect().catch(() => {});
    throw new OffhookError(
      "ROOM_FAILED",
      `The room could not be joined: ${redactedMessage(thrown)}.`,
      {
        remedy: "Check the URL, the token and that the server can be reached.",
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

class CallerInRoom {
  readonly left: Promise<void>;
  readonly #call: CallSession;
  readonly #room: Room;
  readonly #hub: EventHub<RoomEvents>;
  readonly #endWithRoom: boolean;
  #microphone: RoomMicrophone | undefined;
  #speaker: RoomSpeaker | undefined;
  /** One update at a time: the server may answer them out of order. */
  #updates: Promise<void> = Promise.resolve();
  #onLeft: () => void = () => {};
  #isLeaving = false;
  #isGone = false;

  constructor(call: CallSession, room: Room, hub: EventHub<RoomEvents>, endWithRoom: boolean) {
    this.#call = call;
    this.#room = room;
    this.#hub = hub;
    this.#endWithRoom = endWithRoom;
    this.left = new Promise((resolve) => {
      this.#onLeft = resolve;
    });
    this.#followRoom();
  }

  /** Tells who the caller is, and from then on how the call goes. */
  async join(attributes: Readonly<Record<string, string>>): Promise<void> {
    const call = this.#call;
    const status = () => ({ "sip.callStatus": sipCallStatus(call.state) });
    this.#update({ ...attributes, ...status() });
    for (const event of ["dialing", "ringing"] as const)
      call.on(event, () => this.#update(status()));
    call.on("active", () => {
      this.#update(status());
      void this.#talk();
    });
    call.on("dtmf", ({ digit }) => {
      const code = dtmfCode(digit);
      if (code !== undefined) this.#attempt(this.#room.localParticipant?.publishDtmf(code, digit));
    });
    call.on("call_end", () => this.#leave());
    if (call.state === "active") await this.#talk();
    await this.#updates;
  }

  #followRoom(): void {
    const room = this.#room;
    const hub = this.#hub;
    room.on(
      RoomEvent.ParticipantConnected,
      ({ identity }) => void hub.emit("participant_joined", { identity }),
    );
    room.on(
      RoomEvent.ParticipantDisconnected,
      ({ identity }) => void hub.emit("participant_left", { identity }),
    );
    room.on(
      RoomEvent.ParticipantAttributesChanged,
      (changed, { identity }) => void hub.emit("attributes", { identity, changed }),
    );
    room.on(
      RoomEvent.DataReceived,
      (payload, participant, _kind, topic) =>
        void hub.emit("data", { identity: participant?.identity, topic, payload }),
    );
    room.on(RoomEvent.DtmfReceived, (_code, digit) => {
      if (this.#call.state === "active") this.#attempt(this.#call.media?.sendDtmf(digit));
    });
    room.on(RoomEvent.Disconnected, (reason) => this.#onDisconnected(reason));
  }

  /** Audio both ways, from answer on. */
  async #talk(): Promise<void> {
    const { media } = this.#call;
    if (!media || this.#microphone) return;
    const microphone = new RoomMicrophone(media.format.sampleRate);
    this.#microphone = microphone;
    this.#speaker = new RoomSpeaker(this.#room, media.format.sampleRate, {
      onFrame: (frame) => {
        if (media.queuedMs < MAX_QUEUED_MS) media.write(frame).catch(() => {});
      },
    });
    media.onFrame((frame) => microphone.send(frame));
    try {
      await microphone.publish(this.#room, "caller");
    } catch (thrown) {
      this.#note(thrown);
    }
  }

  async #leave(): Promise<void> {
    this.#isLeaving = true;
    this.#update({ "sip.callStatus": sipCallStatus(this.#call.state) });
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LEAVE_MS);
    });
    await Promise.race([this.#updates, limit]);
    this.#speaker?.close();
    await Promise.race([this.#microphone?.close(), limit]).catch(() => {});
    await Promise.race([this.#room.disconnect(), limit]).catch(() => {});
    clearTimeout(timer);
    this.#onLeft();
    this.#hub.close();
  }

  #onDisconnected(reason: DisconnectReason): void {
    if (this.#isGone) return;
    this.#isGone = true;
    void this.#hub.emit("disconnected", { reason: DisconnectReason[reason] ?? "UNKNOWN_REASON" });
    if (this.#isLeaving) return;
    this.#onLeft();
    if (isTerminal(this.#call.state) || !this.#endWithRoom) return;
    if (meantToHappen.has(reason)) return void this.#call.end();
    const message = `The room was lost: ${DisconnectReason[reason] ?? reason}.`;
    this.#call.noteFault({ code: "ROOM_FAILED", message, where: "livekit-room" });
    void this.#call.endAs("agent", "AGENT_ERROR");
  }

  #update(attributes: Record<string, string>): void {
    this.#updates = this.#updates
      .then(() => this.#room.localParticipant?.setAttributes(attributes))
      .catch((thrown) => this.#note(thrown));
  }

  #attempt(work: Promise<void> | undefined): void {
    work?.catch((thrown) => this.#note(thrown));
  }

  #note(thrown: unknown): void {
    if (isTerminal(this.#call.state)) return;
    const message = `The room failed: ${redactedMessage(thrown)}.`;
    this.#call.noteFault({ code: "ROOM_FAILED", message, where: "livekit-room" });
    // The client does not always tell of a room that closes while it is being talked to.
    if (!this.#room.isConnected) this.#onDisconnected(DisconnectReason.UNKNOWN_REASON);
  }
}

/** Somebody closed the room or put the caller out of it. */
const meantToHappen: ReadonlySet<DisconnectReason> = new Set([
  DisconnectReason.PARTICIPANT_REMOVED,
  DisconnectReason.ROOM_DELETED,
  DisconnectReason.ROOM_CLOSED,
  DisconnectReason.SERVER_SHUTDOWN,
  DisconnectReason.CLIENT_INITIATED,
]);
