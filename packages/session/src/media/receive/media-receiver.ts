import { ComfortNoise } from "../codecs/comfort-noise.js";
import { Concealment, OVERLAP_MS } from "../codecs/concealment.js";
import {
  COMFORT_NOISE_TYPE,
  codecFor,
  isComfortNoise,
  isTelephoneEvent,
} from "../codecs/registry.js";
import { SampleRoom } from "../codecs/sample-room.js";
import type { CodecOffer } from "../media-plane.js";
import { ReceiveStatistics } from "../rtp/receive-statistics.js";
import { type RtpPacket, timestampDelta } from "../rtp/rtp.js";
import { type Digit, DigitReceiver } from "../rtp/telephone-event.js";
import { CodedSource } from "./coded-source.js";
import { DelayFitter } from "./delay-fitter.js";
import { DtmfDetector } from "./dtmf-detector.js";
import { JitterBuffer } from "./jitter-buffer.js";
import { StreamChoice } from "./stream-choice.js";

const USUAL_PACKET_MS = 60;
/** What comes later than this after a goodbye was not overtaken by it: its sender is there after all. */
const OVERTAKEN_MS = 1_000;
/** The longest that SIP tries to tell the end of a call (RFC 3261 17.1.2.2), which the peer means by it. */
const GOODBYE_MS = 32_000;
/** So much is made up in a row by codecs that do it themselves; there is silence after that. */
const CODEC_CONCEALS_MS = 100;
/** After that a codec with a memory needs so long to find back. */
const CODEC_SETTLES_MS = 20;

/** Turns the RTP packets of one peer into an unbroken stream of audio and into digits. */
export class MediaReceiver {
  readonly statistics = new ReceiveStatistics();
  /** Samples that had to be made up; not those that stood for a pause of the sender, as it turned out. */
  concealedSamples = 0;
  private concealedSinceAudio = 0;
  private useless = 0;
  private readonly sampleRate: number;
  private readonly onDigit: (digit: Digit, via: "rtp" | "audio") => void;
  private readonly concealment: Concealment;
  private readonly fitter: DelayFitter;
  private byPayloadType = new Map<number, CodedSource>();
  private eventClockRates = new Map<number, number>();
  private comfortNoiseTypes = new Set<number>();
  private digits: DigitReceiver | undefined;
  private buffer = new JitterBuffer(8000);
  private bufferClockRate = 8000;
  /** Of the buffers before, for codecs with another clock. */
  private lateBefore = 0;
  private readonly choice = new StreamChoice();
  private inComfortNoise = false;
  /** Audio came after the noise, and is heard next. */
  private speaksAgain = false;
  private noiseTimestamp = 0;
  /** When the source said goodbye; undefined while it is there. */
  private leftAtMs: number | undefined;
  private readonly comfortNoise = new ComfortNoise();
  /** Set for a peer that sends no telephone-events: then digits are looked for in its sound. */
  private soundDigits: DtmfDetector | undefined;
  /** Room for usual packets; it grows with what comes. */
  private readonly pending: SampleRoom;
  private pendingCount = 0;
  /** How much is asked for at a time. */
  private frameSamples = 1;
  /** Whose packet was heard last. */
  private lastHeard: CodedSource | undefined;

  constructor(options: {
    readonly sampleRate: number;
    readonly onDigit: (digit: Digit, via: "rtp" | "audio") => void;
  }) {
    this.sampleRate = options.sampleRate;
    this.onDigit = options.onDigit;
    this.concealment = new Concealment(this.sampleRate);
    this.fitter = new DelayFitter(this.sampleRate);
    const usual = (this.sampleRate * USUAL_PACKET_MS) / 1000;
    this.pending = new SampleRoom(2 * usual);
  }

  get ssrc(): number | undefined {
    return this.choice.ssrc;
  }

  /** Well-formed packets we could make nothing of: unknown payload types, duplicates, too late. */
  get dropped(): number {
    return this.useless + this.choice.dropped;
  }

  /**
   * True while the sender said that it is silent, and therefore sends nothing (RFC 3389), and for a
   * while after its goodbye: another source may follow, or the end of the call.
   */
  isSilentOnPurpose(nowMs: number): boolean {
    if (this.inComfortNoise && !this.speaksAgain) return true;
    return this.leftAtMs !== undefined && nowMs - this.leftAtMs < GOODBYE_MS;
  }

  get delayMs(): number {
    return this.buffer.targetMs;
  }

  get late(): number {
    return this.lateBefore + this.buffer.late;
  }

  /** What the peer may send from now on. Decoders whose payload type stays keep their state. */
  configure(receive: readonly CodecOffer[]): void {
    const before = this.byPayloadType;
    this.byPayloadType = new Map();
    this.eventClockRates = new Map();
    this.comfortNoiseTypes = new Set([COMFORT_NOISE_TYPE]);
    for (const offer of receive) {
      if (isTelephoneEvent(offer)) {
        this.eventClockRates.set(offer.payloadType, offer.clockRate);
      } else if (isComfortNoise(offer)) {
        this.comfortNoiseTypes.add(offer.payloadType);
      } else {
        const codec = codecFor(offer);
        if (!codec) continue;
        const known = before.get(offer.payloadType);
        this.byPayloadType.set(
          offer.payloadType,
          known?.codecName === codec.name ? known : new CodedSource(codec, this.sampleRate),
        );
      }
    }
    // A digit in the middle will not be told the end of.
    if (this.eventClockRates.size === 0) this.digits?.restart();
  }

  /** Whether a packet of this type may come at all. */
  knows(payloadType: number): boolean {
    return (
      this.byPayloadType.has(payloadType) ||
      this.eventClockRates.has(payloadType) ||
      this.comfortNoiseTypes.has(payloadType)
    );
  }

  /** Nobody listened for a while: what was missed is neither lost nor to be waited for. */
  startOver(): void {
    this.statistics.restart();
    this.buffer.restart();
    this.concealment.forget();
    this.pendingCount = 0;
  }

  /** The source said goodbye (RFC 3550 6.6): what does not come any more is not lost. */
  leave(nowMs: number): void {
    this.leftAtMs = nowMs;
    this.concealedSamples -= this.concealedSinceAudio;
    this.concealedSinceAudio = 0;
  }

  receive(packet: RtpPacket, nowMs: number): void {
    if (!this.knows(packet.payloadType)) {
      this.useless += 1;
      return;
    }
    const admitted = this.choice.admit(packet);
    if (typeof admitted === "object") {
      this.beginAnew();
      this.take(admitted, nowMs);
    }
    if (admitted) this.take(packet, nowMs);
  }

  /**
   * Fills `into` with the next audio, to be called once per its length. Silence when nobody has
   * ever sent anything.
   */
  pull(into: Int16Array, nowMs: number): void {
    this.frameSamples = into.length;
    this.digits?.tick(nowMs);
    while (this.pendingCount < into.length) this.pullMore(into.length - this.pendingCount, nowMs);
    into.set(this.pending.first(into.length));
    this.dropPending(into.length);
  }

  /** Whether to look for digits in the sound, for a peer that has no other way to send them. */
  hearDigitsInSound(wanted: boolean): void {
    if (!wanted) this.soundDigits = undefined;
    else {
      this.soundDigits ??= new DtmfDetector(this.sampleRate, (digit) =>
        this.onDigit(digit, "audio"),
      );
    }
  }

  /** Another source speaks from now on. */
  private beginAnew(): void {
    this.leftAtMs = undefined;
    this.statistics.restart();
    this.buffer.restart();
    this.digits?.restart();
    for (const source of this.byPayloadType.values()) source.restart();
  }

  private take(packet: RtpPacket, nowMs: number): void {
    if (this.leftAtMs !== undefined && nowMs - this.leftAtMs > OVERTAKEN_MS)
      this.leftAtMs = undefined;
    const { payloadType, sequence, timestamp } = packet;
    const incoming = this.byPayloadType.get(payloadType);
    const eventClockRate = this.eventClockRates.get(payloadType);
    this.statistics.count(
      sequence,
      timestamp,
      incoming?.clockRate ?? eventClockRate ?? this.bufferClockRate,
      nowMs,
    );
    if (incoming) this.takeAudio(packet, incoming, nowMs);
    else if (eventClockRate !== undefined) this.takeEvent(packet, eventClockRate, nowMs);
    else this.takeComfortNoise(packet);
  }

  private takeAudio(packet: RtpPacket, incoming: CodedSource, nowMs: number): void {
    const ticks = incoming.ticksIn(packet.payload);
    if (ticks === 0) {
      this.useless += 1;
      return;
    }
    // Not for what the noise overtook.
    this.speaksAgain ||= timestampDelta(packet.timestamp, this.noiseTimestamp) > 0;
    if (incoming.clockRate !== this.bufferClockRate) {
      this.lateBefore = this.late;
      this.buffer = new JitterBuffer(incoming.clockRate);
      this.bufferClockRate = incoming.clockRate;
    }
    if (!this.buffer.push(packet, ticks, nowMs)) this.useless += 1;
  }

  private takeComfortNoise(packet: RtpPacket): void {
    this.comfortNoise.receive(packet.payload);
    this.buffer.skip(packet);
    this.inComfortNoise = true;
    this.noiseTimestamp = packet.timestamp;
    this.speaksAgain = false;
  }

  private takeEvent(packet: RtpPacket, clockRate: number, nowMs: number): void {
    this.buffer.skip(packet);
    this.digits ??= new DigitReceiver((digit) => this.onDigit(digit, "rtp"));
    if (!this.digits.receive(packet.payload, packet.timestamp, clockRate, nowMs)) this.useless += 1;
  }

  private pullMore(missing: number, nowMs: number): void {
    const ticks = Math.ceil((missing * this.bufferClockRate) / this.sampleRate);
    const pulled = this.buffer.pull(nowMs, ticks);
    const paused = (this.buffer.takePausedTicks() * this.sampleRate) / this.bufferClockRate;
    this.concealedSamples -= Math.min(paused, this.concealedSinceAudio);
    if (typeof pulled !== "string") {
      this.decode(pulled.payloadType, pulled.payload, nowMs);
      return;
    }
    const gap = Math.ceil((this.buffer.gapTicks * this.sampleRate) / this.bufferClockRate);
    const length = pulled === "idle" ? missing : Math.max(1, Math.min(missing, gap));
    const from = this.pendingCount;
    this.pendingCount += length;
    const space = this.pending.atLeast(this.pendingCount).subarray(from, this.pendingCount);
    const isOver = this.leftAtMs !== undefined && this.buffer.bufferedPackets === 0;
    const isMissed = !isOver && !this.inComfortNoise && this.digits?.pressed !== true;
    if (pulled === "lost" && isMissed) {
      this.makeUp(space);
      return;
    }
    if (isOver) this.buffer.rest();
    if (this.inComfortNoise) {
      this.buffer.rest();
      this.concealment.forget();
      this.comfortNoise.fill(space);
    } else {
      space.fill(0);
    }
    this.soundDigits?.hear(space);
  }

  private makeUp(space: Int16Array): void {
    const byCodec = this.concealByCodec(space);
    if (!byCodec) this.concealment.conceal(space);
    this.concealedSamples += space.length;
    this.concealedSinceAudio += space.length;
    this.soundDigits?.hear(space, { settlingMs: byCodec ? CODEC_SETTLES_MS : OVERLAP_MS });
  }

  /** Fills `space` with what the codec makes of the loss; false where that is left to us. */
  private concealByCodec(space: Int16Array): boolean {
    const tooLong = this.concealedSinceAudio * 1000 >= CODEC_CONCEALS_MS * this.sampleRate;
    if (!tooLong || !this.lastHeard?.conceals) return this.lastHeard?.conceal(space) ?? false;
    space.fill(0);
    return true;
  }

  private decode(payloadType: number, payload: Uint8Array, nowMs: number): void {
    if (this.speaksAgain) this.inComfortNoise = false;
    this.concealedSinceAudio = 0;
    this.lastHeard = this.byPayloadType.get(payloadType);
    const heard = this.lastHeard?.decode(payload, this.buffer.followsOn);
    if (!heard || heard.length === 0) {
      this.useless += 1;
      return;
    }
    const fitted = this.fit(heard, nowMs);
    this.concealment.heard(fitted);
    this.soundDigits?.hear(fitted);
    this.pending.atLeast(this.pendingCount + fitted.length).set(fitted, this.pendingCount);
    this.pendingCount += fitted.length;
  }

  private dropPending(count: number): void {
    this.pendingCount -= count;
    if (this.pendingCount > 0) this.pending.all.copyWithin(0, count, count + this.pendingCount);
  }

  private fit(block: Int16Array, nowMs: number): Int16Array {
    const blockMs = (block.length * 1000) / this.sampleRate;
    const pendingMs = (this.pendingCount * 1000) / this.sampleRate;
    // A packet is wanted before what is pending was heard: that much earlier it must be there.
    const slackMs = this.buffer.excessMs(nowMs, blockMs);
    return this.fitter.fit(block, slackMs + pendingMs, slackMs, this.frameSamples);
  }
}
