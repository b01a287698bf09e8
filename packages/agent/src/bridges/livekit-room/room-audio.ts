import {
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  type RemoteTrack,
  type Room,
  RoomEvent,
  AudioFrame as RoomFrame,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
} from "@livekit/rtc-node";
import type { AudioFrame } from "@offhook/session";

/** How far the room may fall behind before what it is sent is dropped: half a second. */
const MAX_BEHIND_FRAMES = 25;
/** A track that is this much ahead of the others is no longer waited for: 60 ms. */
const MAX_AHEAD_FRAMES = 3;

/** Sends one voice into a room. */
export class RoomMicrophone {
  readonly #source: AudioSource;
  #behind = 0;
  #closed = false;

  constructor(sampleRate: number) {
    this.#source = new AudioSource(sampleRate, 1);
  }

  async publish(room: Room, name: string): Promise<void> {
    const track = LocalAudioTrack.createAudioTrack(name, this.#source);
    const options = new TrackPublishOptions();
    options.source = TrackSource.SOURCE_MICROPHONE;
    await room.localParticipant?.publishTrack(track, options);
  }

  send({ data, sampleRate, samplesPerChannel }: AudioFrame): void {
    if (this.#closed || this.#behind >= MAX_BEHIND_FRAMES) return;
    this.#behind++;
    const done = () => {
      this.#behind--;
    };
    // A buffer of its own: a view's whole backing buffer would be sent.
    this.#source
      .captureFrame(new RoomFrame(data.slice(), sampleRate, 1, samplesPerChannel))
      .then(done, done);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#source.close();
  }
}

/** Hears everybody in a room as one voice. */
export class RoomSpeaker {
  readonly #sampleRate: number;
  readonly #onFrame: (frame: AudioFrame) => void;
  readonly #onFirst: () => void;
  readonly #queues = new Map<string, Int16Array[]>();
  readonly #readers = new Map<string, ReadableStreamDefaultReader<RoomFrame>>();
  #heard = false;

  constructor(
    room: Room,
    sampleRate: number,
    listeners: { readonly onFrame: (frame: AudioFrame) => void; readonly onFirst?: () => void },
  ) {
    this.#sampleRate = sampleRate;
    this.#onFrame = listeners.onFrame;
    this.#onFirst = listeners.onFirst ?? (() => {});
    room.on(RoomEvent.TrackSubscribed, (track) => this.#listen(track));
    room.on(RoomEvent.TrackUnsubscribed, (track) => this.#forget(track.sid ?? ""));
    // Some may have been there first.
    for (const participant of room.remoteParticipants.values())
      for (const { track } of participant.trackPublications.values())
        if (track) this.#listen(track);
  }

  close(): void {
    for (const id of [...this.#readers.keys()]) this.#forget(id);
  }

  #listen(track: RemoteTrack): void {
    const id = track.sid ?? "";
    if (track.kind !== TrackKind.KIND_AUDIO || this.#readers.has(id)) return;
    const options = { sampleRate: this.#sampleRate, numChannels: 1, frameSizeMs: 20 };
    const stream = new AudioStream(track, options) as unknown as ReadableStream<RoomFrame>;
    const reader = stream.getReader();
    this.#readers.set(id, reader);
    this.#queues.set(id, []);
    void this.#pump(id, reader);
  }

  async #pump(id: string, reader: ReadableStreamDefaultReader<RoomFrame>): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#readers.get(id) !== reader) break;
        this.#queues.get(id)?.push(value.data);
        this.#mix();
      }
    } catch {
      // The track went away; the room says so by itself.
    }
    this.#forget(id);
  }

  /** Adds up what every track has ready; one that lags behind is left out rather than waited for. */
  #mix(): void {
    for (;;) {
      const queues = [...this.#queues.values()];
      const ready = queues.filter((queue) => queue.length > 0);
      const complete = ready.length === queues.length;
      if (
        ready.length === 0 ||
        (!complete && ready.every(({ length }) => length <= MAX_AHEAD_FRAMES))
      )
        return;
      const parts = ready.map((queue) => queue.shift() ?? new Int16Array());
      const data = parts.length === 1 ? (parts[0]?.slice() ?? new Int16Array()) : sumOf(parts);
      if (!this.#heard) {
        this.#heard = true;
        this.#onFirst();
      }
      this.#onFrame({
        data,
        sampleRate: this.#sampleRate,
        channels: 1,
        samplesPerChannel: data.length,
      });
    }
  }

  #forget(id: string): void {
    const reader = this.#readers.get(id);
    this.#readers.delete(id);
    this.#queues.delete(id);
    reader?.cancel().catch(() => {});
  }
}

function sumOf(parts: readonly Int16Array[]): Int16Array {
  const length = Math.max(...parts.map((part) => part.length));
  return Int16Array.from({ length }, (_, at) => {
    let sum = 0;
    for (const part of parts) sum += part[at] ?? 0;
    return Math.max(-32_768, Math.min(32_767, sum));
  });
}
