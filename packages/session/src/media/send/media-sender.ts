import type { AudioCodec, AudioEncoder } from "../codecs/audio-codec.js";
import { writeComfortNoise } from "../codecs/comfort-noise.js";
import { codecFor } from "../codecs/registry.js";
import { Resampler } from "../codecs/resample.js";
import { SampleRoom } from "../codecs/sample-room.js";
import type { AgreedMedia, CodecOffer } from "../media-plane.js";
import { RTP_HEADER_BYTES, writeRtpHeader } from "../rtp/rtp.js";
import { TELEPHONE_EVENT_BYTES, writeTelephoneEvent } from "../rtp/telephone-event.js";
import { Background } from "./background.js";
import { DigitSender, type DigitsToSend, type DueEvent } from "./digit-sender.js";
import { Playout } from "./playout.js";
import { SilenceSuppressor } from "./silence-suppressor.js";
import { dtmfFrequencies, silence, tone } from "./tones.js";

/** The clock that packets are sent by ticks this often; packet lengths are multiples of it. */
export const TICK_MS = 5;
/** No packet is larger, so that it fits any path without fragments. */
export const MAX_PACKET_BYTES = 1400;

const NOTHING = new Int16Array(0);

interface Outgoing {
  readonly encoder: AudioEncoder;
  readonly codec: CodecOffer;
  readonly resampler: Resampler;
  readonly packetTicks: number;
  /** One packet of audio at the port's rate, and at the codec's. */
  readonly heard: Int16Array;
  readonly converted: SampleRoom;
  readonly events: CodecOffer | undefined;
  readonly noise: CodecOffer | undefined;
}

/**
 * Makes the RTP packets of one leg: what is queued in `playout`, digits, and silence where there is
 * neither, so that the peer always hears a live line. Timestamps follow the tick count, never the
 * packets, so they stay right whatever was late or left out.
 */
export class MediaSender {
  readonly playout: Playout;
  packetsSent = 0;
  payloadBytesSent = 0;
  private ownSsrc: number;
  private readonly random: () => number;
  private readonly sampleRate: number;
  private readonly digitSender = new DigitSender();
  /** Tones for digits that the peer can only take as sound. */
  private readonly tones: Playout;
  private outgoing: Outgoing | undefined;
  private background: Background | undefined;
  private sequence: number;
  /** The RTP timestamp at `anchorTick`; moved when the clock rate changes. */
  private anchorTimestamp: number;
  private anchorTick = 0;
  private marker = true;
  private eventTimestamp: number | undefined;
  private readonly suppressor = new SilenceSuppressor();

  constructor(options: { readonly sampleRate: number; readonly random: () => number }) {
    const { sampleRate, random } = options;
    this.sampleRate = sampleRate;
    this.playout = new Playout(sampleRate);
    this.tones = new Playout(sampleRate);
    this.random = random;
    this.ownSsrc = Math.floor(random() * 0x1_0000_0000);
    this.sequence = firstSequence(random);
    this.anchorTimestamp = Math.floor(random() * 0x1_0000_0000);
  }

  get ssrc(): number {
    return this.ownSsrc;
  }

  /** Goes on as another source (RFC 3550 8.2). */
  changeSsrc(): void {
    this.ownSsrc = Math.floor(this.random() * 0x1_0000_0000);
    this.sequence = firstSequence(this.random);
    this.marker = true;
  }

  /** Packets are due at every tick that is a multiple of this; 0 while nothing was agreed. */
  get packetTicks(): number {
    return this.outgoing?.packetTicks ?? 0;
  }

  /** False when we cannot speak what was agreed. */
  configure(agreed: AgreedMedia, tick: number): boolean {
    const codec = codecFor(agreed.send);
    if (!codec) return false;
    const packetTicks = packetTicksOf(agreed.packetMs, codec);
    const before = this.outgoing;
    if (before && before.codec.clockRate !== codec.clockRate) {
      this.anchorTimestamp = this.timestampAt(tick);
      this.anchorTick = tick;
    }
    if (!before) this.anchorTick = tick;
    const kept = before?.codec.name.toUpperCase() === codec.name ? before : undefined;
    const packetMs = packetTicks * TICK_MS;
    this.outgoing = {
      encoder: kept?.encoder ?? codec.createEncoder(agreed.send.fmtp),
      resampler: kept?.resampler ?? new Resampler(this.sampleRate, codec.sampleRate),
      codec: agreed.send,
      packetTicks,
      heard: new Int16Array((this.sampleRate * packetMs) / 1000),
      converted: new SampleRoom((codec.sampleRate * packetMs) / 1000 + 1),
      events: agreed.sendTelephoneEvent,
      noise: agreed.sendComfortNoise,
    };
    return true;
  }

  /** What the peer's last report said of its loss, 0 to 1. */
  expectLoss(rate: number): void {
    this.outgoing?.encoder.expectLoss?.(rate);
  }

  /** As telephone-events when the peer takes them, as tones otherwise. */
  sendDigits(request: DigitsToSend): void {
    this.digitSender.add(request);
  }

  /** Sound to go on under everything else; none with no samples. At the port's rate, repeated. */
  setBackground(samples: Int16Array, gainDb: number): void {
    this.background = samples.length > 0 ? new Background(samples, gainDb) : undefined;
  }

  /** What the peer gets to hear in the packet that was made last, at the port's rate. */
  get lastHeard(): Int16Array {
    return this.outgoing?.heard ?? NOTHING;
  }

  /** The next packet is the first after a pause (RFC 3551 4.1). */
  restart(): void {
    this.marker = true;
  }

  /**
   * Writes the packet due at `tick` into `into`; returns its length, 0 when nothing was agreed, or
   * nothing is to be said.
   */
  packet(tick: number, into: Uint8Array): number {
    const { outgoing } = this;
    if (!outgoing) return 0;
    const packetMs = outgoing.packetTicks * TICK_MS;
    if (!outgoing.events && this.tones.queuedSamples === 0) this.soundNextDigits();
    const due = outgoing.events ? this.digitSender.next(packetMs) : undefined;
    if (due?.kind === "event" && outgoing.events) {
      return this.eventPacket(due, outgoing.events, outgoing.heard, tick, into);
    }
    this.eventTimestamp = undefined;
    const isSilent = this.fillHeard(outgoing.heard, due !== undefined);
    const spoken = outgoing.noise ? this.suppressor.next(isSilent, packetMs) : "audio";
    if (spoken !== "audio") {
      this.marker = true;
      return spoken === "noise" ? this.noisePacket(outgoing, tick, into) : 0;
    }
    const samples = outgoing.resampler.convert(outgoing.heard, outgoing.converted);
    const bytes = outgoing.encoder.encode(samples, into, RTP_HEADER_BYTES);
    const { marker } = this;
    this.marker = false;
    return this.finish(into, outgoing.codec.payloadType, marker, this.timestampAt(tick), bytes);
  }

  private eventPacket(
    due: Extract<DueEvent, { readonly kind: "event" }>,
    events: CodecOffer,
    heard: Int16Array,
    tick: number,
    into: Uint8Array,
  ): number {
    const first = this.eventTimestamp === undefined;
    this.eventTimestamp ??= this.timestampAt(tick);
    const { clockRate, payloadType } = events;
    const segment = segmentOf(Math.round((due.sinceMs * clockRate) / 1000));
    writeTelephoneEvent(into.subarray(RTP_HEADER_BYTES), {
      code: due.code,
      end: due.end,
      durationTicks: segment.durationTicks,
    });
    const timestamp = (this.eventTimestamp + segment.startTicks) % 0x1_0000_0000;
    // The same digit again right after itself is another event, with a timestamp of its own.
    if (due.last) this.eventTimestamp = undefined;
    // A recording of the call holds no sound for it.
    heard.fill(0);
    return this.finish(into, payloadType, first, timestamp, TELEPHONE_EVENT_BYTES);
  }

  private noisePacket(outgoing: Outgoing, tick: number, into: Uint8Array): number {
    const bytes = writeComfortNoise(into.subarray(RTP_HEADER_BYTES));
    const payloadType = outgoing.noise?.payloadType ?? 0;
    return this.finish(into, payloadType, false, this.timestampAt(tick), bytes);
  }

  /** The next audio; true when there is none, and what goes out is silence. */
  private fillHeard(heard: Int16Array, inGap: boolean): boolean {
    if (inGap) {
      heard.fill(0);
      return true;
    }
    if (this.tones.queuedSamples > 0) return this.tones.pull(heard) === 0;
    const played = this.playout.pull(heard);
    this.background?.mixInto(heard);
    return played === 0 && this.background === undefined;
  }

  /** The RTP timestamp that belongs to a tick, for sender reports. */
  timestampAt(tick: number): number {
    const clockRate = this.outgoing?.codec.clockRate ?? 8000;
    const ticks = ((tick - this.anchorTick) * TICK_MS * clockRate) / 1000;
    return (this.anchorTimestamp + ticks) % 0x1_0000_0000;
  }

  close(): void {
    this.playout.close();
    this.tones.close();
    this.digitSender.close();
  }

  private soundNextDigits(): void {
    const request = this.digitSender.take();
    if (!request) return;
    const { digits, durationMs, gapMs } = request;
    for (const digit of digits) {
      const frequenciesHz = dtmfFrequencies(digit) ?? [];
      this.tones.write(tone({ frequenciesHz, durationMs, sampleRate: this.sampleRate }));
      this.tones.write(silence(gapMs, this.sampleRate));
    }
    this.tones.mark(({ interrupted }) => request.settle(!interrupted));
  }

  private finish(
    into: Uint8Array,
    payloadType: number,
    marker: boolean,
    timestamp: number,
    payloadBytes: number,
  ): number {
    const { sequence, ssrc } = this;
    writeRtpHeader(into, { payloadType, marker, sequence, timestamp, ssrc });
    this.sequence = (sequence + 1) & 0xffff;
    this.packetsSent += 1;
    this.payloadBytesSent += payloadBytes;
    return RTP_HEADER_BYTES + payloadBytes;
  }
}

/**
 * In the lower half: a receiver that misses the packets before the first wrap would otherwise count
 * its rollovers wrong, and with SRTP hear nothing at all (RFC 3711 3.3.1).
 */
function firstSequence(random: () => number): number {
  return Math.floor(random() * 0x8000);
}

/** The longest duration that fits a telephone-event payload. */
const MAX_SEGMENT_TICKS = 0xffff;

/** A longer event goes on in segments of the full length each (RFC 4733 2.5.1.3). */
function segmentOf(ticks: number): { readonly startTicks: number; readonly durationTicks: number } {
  const full = Math.floor((ticks - 1) / MAX_SEGMENT_TICKS);
  const startTicks = Math.max(0, full) * MAX_SEGMENT_TICKS;
  return { startTicks, durationTicks: ticks - startTicks };
}

const MIN_PACKET_MS = 10;
const MAX_PACKET_MS = 60;

/** The longest packet that the codec can make and that is no longer than was agreed, in whole ticks. */
function packetTicksOf(agreedMs: number, { packetsMs }: AudioCodec): number {
  const boundedMs = Math.max(MIN_PACKET_MS, Math.min(MAX_PACKET_MS, agreedMs));
  const packetMs = packetsMs?.findLast((possibleMs) => possibleMs <= boundedMs) ?? boundedMs;
  return Math.floor(packetMs / TICK_MS);
}
