import {
  DataPacket_Kind,
  type DisconnectReason,
  JoinResponse,
  LeaveRequest,
  LeaveRequest_Action,
  ParticipantInfo,
  ParticipantInfo_Kind,
  ParticipantInfo_State,
  ParticipantPermission,
  ParticipantUpdate,
  Pong,
  RequestResponse,
  Room,
  ServerInfo,
  SessionDescription,
  type SignalRequest,
  SignalResponse,
  SignalTarget,
  TrackInfo,
  TrackPublishedResponse,
  TrickleRequest,
} from "@livekit/protocol";
import {
  MediaStreamTrack,
  type RTCDataChannel,
  type RTCIceCandidateInit,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RtpPacket,
  useVP8,
} from "werift";

/** A track as others can be sent it. */
export interface PublishedTrack {
  readonly owner: ParticipantInfo;
  readonly track: TrackInfo;
  /** Calls for each packet until the track is gone. */
  readonly listeners: Set<(packet: RtpPacket) => void>;
}

export interface DoubleParticipantOptions {
  readonly number: number;
  readonly identity: string;
  readonly send: (response: SignalResponse) => void;
  readonly onChange: () => void;
  readonly onTrack: (track: PublishedTrack) => void;
  readonly onData: (bytes: Uint8Array, kind: DataPacket_Kind) => void;
}

const opus = () =>
  new RTCRtpCodecParameters({
    mimeType: "audio/opus",
    clockRate: 48_000,
    channels: 2,
    payloadType: 111,
    parameters: "minptime=10;useinbandfec=1",
  });

/** One client of the double: what it publishes comes in on one connection, what it hears goes out on another. */
export class DoubleParticipant {
  readonly info: ParticipantInfo;
  readonly published: PublishedTrack[] = [];
  readonly #options: DoubleParticipantOptions;
  readonly #incoming: RTCPeerConnection;
  readonly #outgoing: RTCPeerConnection;
  readonly #reliable: RTCDataChannel;
  readonly #lossy: RTCDataChannel;
  readonly #undo: (() => void)[] = [];
  #negotiation: Promise<void> = Promise.resolve();
  #onAnswer: (() => void) | undefined;
  #tracks = 0;
  #early: { readonly connection: RTCPeerConnection; readonly candidate: RTCIceCandidateInit }[] =
    [];

  constructor(options: DoubleParticipantOptions) {
    this.#options = options;
    this.info = new ParticipantInfo({
      sid: `PA_${options.number}`,
      identity: options.identity,
      state: ParticipantInfo_State.ACTIVE,
      kind: ParticipantInfo_Kind.STANDARD,
      permission: new ParticipantPermission({
        canSubscribe: true,
        canPublish: true,
        canPublishData: true,
        canUpdateMetadata: true,
      }),
    });
    this.#incoming = this.#connection(SignalTarget.PUBLISHER);
    this.#outgoing = this.#connection(SignalTarget.SUBSCRIBER);
    this.#reliable = this.#outgoing.createDataChannel("_reliable", { ordered: true });
    this.#lossy = this.#outgoing.createDataChannel("_lossy", { ordered: false, maxRetransmits: 0 });
    this.#incoming.onDataChannel.subscribe((channel) => {
      const kind = channel.label === "_lossy" ? DataPacket_Kind.LOSSY : DataPacket_Kind.RELIABLE;
      channel.onMessage.subscribe((data) => {
        if (typeof data !== "string") options.onData(new Uint8Array(data), kind);
      });
    });
    this.#incoming.onTrack.subscribe((track) => this.#receive(track));
  }

  get goneInfo(): ParticipantInfo {
    return new ParticipantInfo({ ...this.info, state: ParticipantInfo_State.DISCONNECTED });
  }

  welcome(others: ParticipantInfo[]): void {
    this.#tell({
      case: "join",
      value: new JoinResponse({
        room: new Room({ sid: "RM_double", name: "room" }),
        participant: this.info,
        otherParticipants: others,
        serverInfo: new ServerInfo({ version: "1.9.0", protocol: 16 }),
        serverVersion: "1.9.0",
        subscriberPrimary: true,
        pingTimeout: 30,
        pingInterval: 10,
      }),
    });
    void this.#negotiate();
  }

  tellUpdate(participants: ParticipantInfo[]): void {
    this.#tell({ case: "update", value: new ParticipantUpdate({ participants }) });
  }

  tellLeave(reason: DisconnectReason): void {
    const value = new LeaveRequest({ reason, action: LeaveRequest_Action.DISCONNECT });
    this.#tell({ case: "leave", value });
  }

  deliver(bytes: Uint8Array, kind: DataPacket_Kind): void {
    const channel = kind === DataPacket_Kind.LOSSY ? this.#lossy : this.#reliable;
    if (channel.readyState === "open") channel.send(Buffer.from(bytes));
  }

  /** Sends somebody's track to this participant. */
  async forward({ owner, track, listeners }: PublishedTrack): Promise<void> {
    await this.#negotiate(() => {
      const media = new MediaStreamTrack({ kind: "audio" });
      const { sender } = this.#outgoing.addTransceiver(media, { direction: "sendonly" });
      sender.streamId = `${owner.sid}|${track.sid}`;
      const listener = (packet: RtpPacket) => media.writeRtp(packet);
      listeners.add(listener);
      this.#undo.push(() => listeners.delete(listener));
    });
  }

  async take({ message }: SignalRequest): Promise<void> {
    switch (message.case) {
      case "offer":
        await this.#incoming.setRemoteDescription({ type: "offer", sdp: message.value.sdp });
        this.#addEarly(this.#incoming);
        await this.#incoming.setLocalDescription(await this.#incoming.createAnswer());
        return this.#tell({ case: "answer", value: localDescription(this.#incoming) });
      case "answer":
        await this.#outgoing.setRemoteDescription({ type: "answer", sdp: message.value.sdp });
        this.#addEarly(this.#outgoing);
        return this.#onAnswer?.();
      case "trickle": {
        const { candidateInit, target } = message.value;
        const connection = target === SignalTarget.PUBLISHER ? this.#incoming : this.#outgoing;
        this.#early.push({ connection, candidate: JSON.parse(candidateInit) });
        if (connection.remoteDescription) this.#addEarly(connection);
        return;
      }
      case "addTrack": {
        const { cid, name, type, source } = message.value;
        const sid = `TR_${this.#options.number}_${++this.#tracks}`;
        const track = new TrackInfo({ sid, name, type, source, mimeType: "audio/opus" });
        this.info.tracks.push(track);
        this.#tell({ case: "trackPublished", value: new TrackPublishedResponse({ cid, track }) });
        return this.#options.onChange();
      }
      case "updateMetadata": {
        const { attributes, requestId } = message.value;
        Object.assign(this.info.attributes, attributes);
        this.tellUpdate([this.info]);
        this.#tell({ case: "requestResponse", value: new RequestResponse({ requestId }) });
        return this.#options.onChange();
      }
      case "ping":
        return this.#tell({ case: "pong", value: message.value });
      case "pingReq": {
        const { timestamp } = message.value;
        const pong = new Pong({ lastPingTimestamp: timestamp, timestamp: BigInt(Date.now()) });
        return this.#tell({ case: "pongResp", value: pong });
      }
      default:
    }
  }

  /** Candidates overtake the description that they belong to. */
  #addEarly(connection: RTCPeerConnection): void {
    const ready = this.#early.filter((entry) => entry.connection === connection);
    this.#early = this.#early.filter((entry) => entry.connection !== connection);
    for (const { candidate } of ready) void connection.addIceCandidate(candidate).catch(() => {});
  }

  close(): void {
    for (const step of this.#undo.splice(0)) step();
    void this.#incoming.close();
    void this.#outgoing.close();
  }

  #connection(target: SignalTarget): RTCPeerConnection {
    const connection = new RTCPeerConnection({
      // The client offers video sections too, which stay empty.
      codecs: { audio: [opus()], video: [useVP8()] },
      bundlePolicy: "max-bundle",
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ["127.0.0.1"],
    });
    connection.onIceCandidate.subscribe((candidate) => {
      if (!candidate) return;
      const candidateInit = JSON.stringify(candidate.toJSON());
      this.#tell({ case: "trickle", value: new TrickleRequest({ candidateInit, target }) });
    });
    return connection;
  }

  #receive(media: MediaStreamTrack): void {
    const track = this.info.tracks[this.published.length];
    if (!track) return;
    const listeners: PublishedTrack["listeners"] = new Set();
    media.onReceiveRtp.subscribe((packet) => {
      for (const listener of listeners) listener(packet);
    });
    const published = { owner: this.info, track, listeners };
    this.published.push(published);
    this.#options.onTrack(published);
  }

  /** One offer at a time: what the next one is about waits for the answer. */
  #negotiate(prepare: () => void = () => {}): Promise<void> {
    this.#negotiation = this.#negotiation.then(async () => {
      prepare();
      const answered = new Promise<void>((resolve) => {
        this.#onAnswer = resolve;
        this.#undo.push(resolve);
      });
      try {
        await this.#outgoing.setLocalDescription(await this.#outgoing.createOffer());
      } catch (error) {
        // Whoever left meanwhile has nothing more to agree on.
        if (this.#outgoing.connectionState === "closed") return;
        throw error;
      }
      this.#tell({ case: "offer", value: localDescription(this.#outgoing) });
      await answered;
    });
    return this.#negotiation;
  }

  #tell(message: SignalResponse["message"]): void {
    this.#options.send(new SignalResponse({ message }));
  }
}

function localDescription(connection: RTCPeerConnection): SessionDescription {
  const { type = "", sdp = "" } = connection.localDescription ?? {};
  // A section with nothing to send is not a section refused: the first one carries all others.
  const accepted = sdp.replace(/^(m=(?:audio|video)) 0 /gm, "$1 9 ");
  return new SessionDescription({ type, sdp: accepted });
}
