import { Room, RoomEvent } from "@livekit/rtc-node";
import {
  type AudioFrame,
  type CallSampleRate,
  type Clock,
  type HeardFrame,
  IncomingAudio,
  type LegSink,
  type MediaLeg,
  type MediaStats,
  OffhookError,
  type OutboundLeg,
  Playout,
  type TimerHandle,
  WriteGate,
} from "@offhook/session";
import { redactedMessage } from "./redact.js";
import { RoomMicrophone, RoomSpeaker } from "./room-audio.js";
import { dtmfCode } from "./sip-attributes.js";

export interface RoomLegOptions {
  readonly clock: Clock;
  readonly url: string;
  readonly token: Promise<string>;
  readonly sampleRate: CallSampleRate;
  /** How long somebody may take to join, in ms. */
  readonly joinMs: number;
  readonly sink: LegSink;
  readonly onOver: () => void;
}

const FRAME_MS = 20;

/** A web call: a room instead of a telephone, and whoever joins it instead of a callee. */
export class RoomLeg implements OutboundLeg {
  readonly media: RoomMedia;
  readonly #options: RoomLegOptions;
  readonly #room = new Room();
  #joinTimer: TimerHandle | undefined;
  #answered = false;
  #over = false;

  constructor(options: RoomLegOptions) {
    this.#options = options;
    this.media = new RoomMedia(options.clock, options.sampleRate, this.#room);
    void this.#connect();
  }

  get wireCallId(): string | undefined {
    return this.#room.name;
  }

  cancel(): void {
    if (this.#over || this.#answered) return;
    // Nobody is on the other end who could confirm; the withdrawal is complete at once.
    this.#tell({
      type: "rejected",
      response: { status: 487, phrase: "Request Terminated", reasonHeaders: [] },
    });
  }

  bye(): void {
    this.release();
  }

  release(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.clock.clear(this.#joinTimer);
    void this.media.close().then(() => this.#room.disconnect().catch(() => {}));
    this.#options.onOver();
  }

  async #connect(): Promise<void> {
    const { url, token, clock, joinMs } = this.#options;
    // Not from within placeCall: whoever placed the call must have the leg in hand.
    await Promise.resolve();
    this.#tell({ type: "dialing" });
    this.#joinTimer = clock.setTimeout(() => this.#onNobody(joinMs), joinMs);
    const room = this.#room;
    room.on(RoomEvent.TrackSubscribed, () => void this.#onJoined());
    room.on(RoomEvent.ParticipantDisconnected, () => {
      if (room.remoteParticipants.size === 0) this.#onLeft();
    });
    room.on(RoomEvent.Disconnected, () => this.#onLeft());
    room.on(RoomEvent.DtmfReceived, (_code, digit) =>
      this.#tell({ type: "dtmf", digit, durationMs: 160, via: "info" }),
    );
    try {
      const options = { autoSubscribe: true, dynacast: false };
      await clock.holdWhile(room.connect(url, await token, options));
    } catch (thrown) {
      this.#tell({ type: "unanswered", cause: "transport", detail: redactedMessage(thrown) });
    }
  }

  async #onJoined(): Promise<void> {
    if (this.#answered || this.#over) return;
    this.#answered = true;
    this.#options.clock.clear(this.#joinTimer);
    try {
      await this.media.open();
    } catch (thrown) {
      return this.#tell({ type: "media_failed", detail: redactedMessage(thrown) });
    }
    this.#tell({
      type: "answered",
      answer: { status: 200, phrase: "Joined", usableMedia: true, crossedCancel: false },
    });
    this.#tell({ type: "audio_started" });
  }

  #onNobody(joinMs: number): void {
    const detail = `Nobody joined the room within ${joinMs} ms.`;
    this.#tell({ type: "unanswered", cause: "not_joined", detail });
  }

  #onLeft(): void {
    if (this.#answered)
      this.#tell({ type: "far_side_ended", request: "BYE", reason: { reasonHeaders: [] } });
  }

  #tell(signal: Parameters<LegSink["onSignal"]>[0]): void {
    if (!this.#over) this.#options.sink.onSignal(signal);
  }
}

/** The audio of a room as a leg's. */
class RoomMedia implements MediaLeg {
  readonly format: MediaLeg["format"];
  readonly #clock: Clock;
  readonly #room: Room;
  readonly #playout: Playout;
  readonly #gate = new WriteGate();
  readonly #incoming = new IncomingAudio(() => {});
  readonly #microphone: RoomMicrophone;
  readonly #speaker: RoomSpeaker;
  readonly #openedAtMs: number;
  #ticker: TimerHandle | undefined;
  #sent = 0;
  #received = 0;
  #closed = false;

  constructor(clock: Clock, sampleRate: CallSampleRate, room: Room) {
    this.format = { sampleRate, channels: 1 };
    this.#clock = clock;
    this.#room = room;
    this.#openedAtMs = clock.nowMs();
    this.#playout = new Playout(sampleRate);
    this.#microphone = new RoomMicrophone(sampleRate);
    this.#speaker = new RoomSpeaker(room, sampleRate, { onFrame: (frame) => this.#hear(frame) });
  }

  get incoming(): ReadableStream<AudioFrame> {
    return this.#incoming.stream;
  }

  get queuedMs(): number {
    return this.#playout.queuedMs;
  }

  async open(): Promise<void> {
    await this.#microphone.publish(this.#room, "agent");
    if (!this.#closed) this.#ticker = this.#clock.setInterval(() => this.#tick(), FRAME_MS);
  }

  onFrame(listener: (frame: HeardFrame) => void): () => void {
    return this.#incoming.listen(listener);
  }

  async write(frame: AudioFrame): Promise<void> {
    if (this.#closed) throw new OffhookError("CALL_ENDED", "The call is over.");
    const { sampleRate } = this.format;
    if (frame.sampleRate !== sampleRate || frame.channels !== 1)
      throw new OffhookError(
        "INVALID_AUDIO",
        `A frame of ${frame.sampleRate} Hz with ${frame.channels} channels does not fit this call.`,
        { remedy: `Write mono frames of ${sampleRate} Hz.` },
      );
    this.#playout.write(frame.data);
    return this.#gate.enter(this.queuedMs);
  }

  mark(): ReturnType<MediaLeg["mark"]> {
    return new Promise((resolve) => this.#playout.mark(resolve));
  }

  async clear(): ReturnType<MediaLeg["clear"]> {
    const cleared = this.#playout.clear();
    this.#gate.update(0);
    return cleared;
  }

  pause(): void {
    this.#playout.pause();
  }

  resume(): void {
    this.#playout.resume();
  }

  async sendDtmf(digits: string): Promise<void> {
    for (const digit of digits) {
      const code = dtmfCode(digit);
      if (code === undefined)
        throw new OffhookError("INVALID_OPTION", `${JSON.stringify(digit)} is not a digit.`, {
          remedy: "Use 0-9, *, # and A-D.",
        });
      await this.#room.localParticipant?.publishDtmf(code, digit);
    }
  }

  stats(): MediaStats {
    return {
      codec: "OPUS",
      packetsSent: this.#sent,
      packetsReceived: this.#received,
      packetsLost: 0,
      packetsDropped: 0,
      jitterMs: 0,
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.clear(this.#ticker);
    this.#playout.close();
    this.#gate.open();
    this.#incoming.end();
    this.#speaker.close();
    await this.#microphone.close().catch(() => {});
  }

  #hear(frame: AudioFrame): void {
    if (this.#closed) return;
    this.#received++;
    const atMs = Math.round(this.#clock.nowMs() - this.#openedAtMs);
    this.#incoming.deliver({ ...frame, atMs, phase: "active" });
  }

  #tick(): void {
    const { sampleRate } = this.format;
    const data = new Int16Array((sampleRate * FRAME_MS) / 1_000);
    this.#playout.pull(data);
    this.#gate.update(this.queuedMs);
    this.#sent++;
    this.#microphone.send({ data, sampleRate, channels: 1, samplesPerChannel: data.length });
  }
}
