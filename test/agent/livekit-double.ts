import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { DataPacket, DisconnectReason, SignalRequest } from "@livekit/protocol";
import { WebSocketServer } from "ws";
import { DoubleParticipant } from "./livekit-double-participant.js";
import { roomToken } from "./room-token.js";

/**
 * A stand-in for a LiveKit server on this machine, for the real client: joins, attributes, tracks,
 * Opus both ways, data. One room; tokens are read and not verified. No simulcast, no reconnect.
 */
export interface LiveKitDouble {
  /** For `Room.connect`. */
  readonly url: string;
  /** A token that the double understands, and a real server would refuse. */
  tokenFor(identity: string): string;
  /** Attributes as the room knows them now, by identity. */
  attributesOf(identity: string): Readonly<Record<string, string>> | undefined;
  readonly identities: readonly string[];
  /** Closes the room as a server does: everybody is told, and put out. */
  deleteRoom(): void;
  /** Breaks every connection without a word. */
  drop(): void;
  close(): Promise<void>;
}

export async function startLiveKitDouble(): Promise<LiveKitDouble> {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    // The client asks for newer endpoints first and falls back to this one.
    verifyClient: (
      { req }: { req: IncomingMessage },
      done: (ok: boolean, code?: number) => void,
    ) => ((req.url ?? "").startsWith("/rtc?") ? done(true) : done(false, 404)),
  });
  await once(server, "listening");
  const participants = new Set<DoubleParticipant>();
  let joined = 0;

  const others = (one: DoubleParticipant) => [...participants].filter((other) => other !== one);
  server.on("connection", (socket, request) => {
    const url = new URL(request.url ?? "/", "ws://double");
    const token = url.searchParams.get("access_token") ?? bearerOf(request);
    const participant: DoubleParticipant = new DoubleParticipant({
      number: ++joined,
      identity: identityOf(token),
      send: (response) => socket.send(response.toBinary()),
      onChange: () => {
        for (const other of others(participant)) other.tellUpdate([participant.info]);
      },
      onTrack: (published) => {
        for (const other of others(participant)) void other.forward(published);
      },
      onData: (bytes, kind) => {
        const packet = DataPacket.fromBinary(bytes);
        packet.participantIdentity = participant.info.identity;
        packet.participantSid = participant.info.sid;
        for (const other of others(participant)) other.deliver(packet.toBinary(), kind);
      },
    });
    const leave = () => {
      if (!participants.delete(participant)) return;
      participant.close();
      for (const other of participants) other.tellUpdate([participant.goneInfo]);
    };
    socket.on("message", (data) => {
      const request = SignalRequest.fromBinary(data as Buffer);
      if (request.message.case === "leave") return socket.close();
      void participant.take(request);
    });
    socket.on("close", leave);
    socket.on("error", leave);
    const present = [...participants];
    participants.add(participant);
    participant.welcome(present.map(({ info }) => info));
    for (const other of present) other.tellUpdate([participant.info]);
    for (const other of present)
      for (const track of other.published) void participant.forward(track);
  });

  const { port } = server.address() as AddressInfo;
  const find = (identity: string) =>
    [...participants].find(({ info }) => info.identity === identity);
  const drop = () => {
    for (const client of server.clients) client.terminate();
  };
  return {
    url: `ws://127.0.0.1:${port}`,
    tokenFor: (identity) => roomToken({ identity, room: "room", key: "double", secret: "double" }),
    attributesOf: (identity) => find(identity)?.info.attributes,
    get identities() {
      return [...participants].map(({ info }) => info.identity);
    },
    deleteRoom() {
      for (const participant of participants) participant.tellLeave(DisconnectReason.ROOM_DELETED);
    },
    drop,
    async close() {
      drop();
      for (const participant of participants) participant.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function bearerOf(request: IncomingMessage): string {
  return (request.headers.authorization ?? "").replace(/^Bearer /, "");
}

function identityOf(token: string): string {
  const [, claims = ""] = token.split(".");
  return String(JSON.parse(Buffer.from(claims, "base64url").toString()).sub);
}
