import type { AudioCodec, AudioDecoder } from "../codecs/audio-codec.js";
import { Resampler } from "../codecs/resample.js";
import { SampleRoom } from "../codecs/sample-room.js";

/** What the peer sends under one payload type: from its codec's bytes to audio at our rate. */
export class CodedSource {
  readonly codecName: string;
  readonly clockRate: number;
  private readonly decoder: AudioDecoder;
  private readonly resampler: Resampler;
  /** Room that grows with what comes: of all that was agreed mostly one codec is ever used. */
  private readonly decoded = new SampleRoom(0);
  private readonly converted = new SampleRoom(0);
  /** What the codec made up and was not heard yet. */
  private readonly madeUp = new SampleRoom(0);
  private madeUpCount = 0;

  constructor(codec: AudioCodec, sampleRate: number) {
    this.codecName = codec.name;
    this.clockRate = codec.clockRate;
    this.decoder = codec.createDecoder();
    this.resampler = new Resampler(codec.sampleRate, sampleRate);
  }

  /** How long a payload is by the RTP clock; 0 when it is broken. */
  ticksIn(payload: Uint8Array): number {
    return (this.decoder.samplesIn(payload) * this.clockRate) / this.resampler.fromRate;
  }

  /** The audio of a payload, valid until the next call; nothing when it is broken. */
  decode(payload: Uint8Array, followsOn: boolean): Int16Array {
    const { decoder } = this;
    this.madeUpCount = 0;
    if (followsOn) decoder.goOn?.();
    const room = this.decoded.atLeast(decoder.samplesIn(payload));
    return this.convert(decoder.decode(payload, room));
  }

  /** Fills `space` with what the codec makes of a loss; false where that is left to us. */
  conceal(space: Int16Array): boolean {
    const { decoder } = this;
    if (!decoder.conceal) return false;
    while (this.madeUpCount < space.length) {
      const count = decoder.conceal(this.decoded.all);
      if (count === 0) return false;
      const made = this.convert(count);
      this.madeUp.atLeast(this.madeUpCount + made.length).set(made, this.madeUpCount);
      this.madeUpCount += made.length;
    }
    space.set(this.madeUp.first(space.length));
    this.madeUpCount -= space.length;
    this.madeUp.all.copyWithin(0, space.length, space.length + this.madeUpCount);
    return true;
  }

  /** Its codec makes up itself what was lost. */
  get conceals(): boolean {
    return this.decoder.conceal !== undefined;
  }

  /** Another sender speaks from now on. */
  restart(): void {
    this.decoder.restart?.();
  }

  private convert(count: number): Int16Array {
    return this.resampler.convert(this.decoded.first(count), this.converted);
  }
}
