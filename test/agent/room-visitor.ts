import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
} from "@livekit/rtc-node";

const RATE = 16_000;

/** Somebody else in a room, on the real client: an agent to a caller, or a user to a web call. */
export class RoomVisitor {
  readonly room = new Room();
  readonly digits: string[] = [];
  /** How much was heard that was not silence, in ms. */
  heardMs = 0;
  readonly #source = new AudioSource(RATE, 1);
  #humming = false;

  async join(url: string, token: string): Promise<void> {
    this.room.on(RoomEvent.DtmfReceived, (_code, digit) => void this.digits.push(digit));
    this.room.on(RoomEvent.TrackSubscribed, (track) => {
      const stream = new AudioStream(track, RATE, 1) as unknown as AsyncIterable<AudioFrame>;
      void this.#listen(stream);
    });
    await this.room.connect(url, token, { autoSubscribe: true, dynacast: false });
    const options = new TrackPublishOptions();
    options.source = TrackSource.SOURCE_MICROPHONE;
    const track = LocalAudioTrack.createAudioTrack("visitor", this.#source);
    await this.room.localParticipant?.publishTrack(track, options);
  }

  /** The attributes of another participant, as this client sees them. */
  attributesOf(identity: string): Readonly<Record<string, string>> | undefined {
    return this.room.remoteParticipants.get(identity)?.attributes;
  }

  async hum(durationMs: number): Promise<void> {
    this.#humming = true;
    const step = RATE / 50;
    for (let at = 0; at < (durationMs * RATE) / 1_000 && this.#humming; at += step) {
      const data = Int16Array.from(
        { length: step },
        (_, index) => 8_000 * Math.sin((2 * Math.PI * 300 * (at + index)) / RATE),
      );
      await this.#source.captureFrame(new AudioFrame(data, RATE, 1, step));
    }
  }

  async leave(): Promise<void> {
    this.#humming = false;
    await this.#source.close();
    await this.room.disconnect();
  }

  async #listen(stream: AsyncIterable<AudioFrame>): Promise<void> {
    for await (const { data, samplesPerChannel, sampleRate } of stream)
      if (data.some((sample) => Math.abs(sample) > 500))
        this.heardMs += (samplesPerChannel * 1_000) / sampleRate;
  }
}
