import { type Random, seededRandom } from "../../random.js";
import type { CallSampleRate } from "../call-audio.js";
import type { AgreedMedia, CodecOffer, MediaSignal } from "../media-plane.js";
import { RtpLeg } from "../rtp/rtp-leg.js";
import { MAX_PACKET_BYTES, TICK_MS } from "../send/media-sender.js";

/** What a network does to packets; all of it repeatable by the seed. */
export interface Network {
  readonly seed?: number;
  readonly lossRate?: number;
  readonly duplicateRate?: number;
  /** Each packet is kept back by up to this much, so that they overtake each other. */
  readonly jitterMs?: number;
  /** How much faster the sender's clock goes, in parts per million. */
  readonly driftPpm?: number;
  /** Packets sent while this is true never arrive. */
  readonly isDown?: (nowMs: number) => boolean;
  /** What would arrive in one of these arrives all at once at its end. */
  readonly stalls?: readonly { readonly fromMs: number; readonly toMs: number }[];
}

const TRANSIT_MS = 30;
const FAR = { address: "192.0.2.1", port: 4000 };
const NEAR = { address: "192.0.2.2", port: 4000 };

/** Two legs in virtual time with a bad network from the far to the near one. For tests. */
export class VirtualLine {
  nowMs = 0;
  readonly signals: MediaSignal[] = [];
  readonly far: RtpLeg;
  readonly near: RtpLeg;
  readonly sampleRate: CallSampleRate;
  private readonly random: Random;
  private readonly network: Network;
  private readonly agreed: AgreedMedia;
  private arriving: { readonly atMs: number; readonly datagram: Uint8Array; order: number }[] = [];
  private sent = 0;
  private farTick = 0;
  private readonly frame: Int16Array;
  private readonly packet = new Uint8Array(MAX_PACKET_BYTES);

  constructor(
    options: {
      readonly network?: Network;
      readonly codec?: CodecOffer;
      readonly sampleRate?: CallSampleRate;
      readonly agreed?: Partial<AgreedMedia>;
      /** The near leg has not read an answer yet; `connectNear` gives it one. */
      readonly unanswered?: boolean;
    } = {},
  ) {
    const { network = {}, sampleRate = 8000 } = options;
    const codec = options.codec ?? { name: "PCMU", payloadType: 0, clockRate: 8000 };
    const events = { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: codec.clockRate };
    this.sampleRate = sampleRate;
    this.network = network;
    this.random = seededRandom(network.seed ?? 1);
    this.frame = new Int16Array(sampleRate / 50);
    const leg = (onSignal: (signal: MediaSignal) => void, seed: number) =>
      new RtpLeg({
        sampleRate,
        rtpLostMs: 3_000,
        tickOffset: 0,
        random: seededRandom(seed).unit,
        onSignal,
      });
    this.far = leg(() => {}, 11);
    this.near = leg((signal) => this.signals.push(signal), 12);
    this.agreed = {
      remote: NEAR,
      direction: "sendrecv",
      send: codec,
      receive: [codec, events],
      sendTelephoneEvent: events,
      packetMs: 20,
      ...options.agreed,
    };
    this.far.connect(this.agreed, 0, 0);
    if (!options.unanswered) this.connectNear();
  }

  /** The near leg learns what was agreed on, now or anew. */
  connectNear(agreed: Partial<AgreedMedia> = {}): void {
    const tick = Math.floor(this.nowMs / TICK_MS);
    this.near.connect({ ...this.agreed, remote: FAR, ...agreed }, tick, this.nowMs);
  }

  /** What the far leg offers to send. */
  get codecs(): readonly CodecOffer[] {
    return this.agreed.receive;
  }

  /** A far side that begins anew with another SSRC, sequence and timestamp. */
  restartFarSide(seed: number): RtpLeg {
    const leg = new RtpLeg({
      sampleRate: this.sampleRate,
      rtpLostMs: 3_000,
      tickOffset: 0,
      random: seededRandom(seed).unit,
      onSignal: () => {},
    });
    leg.connect(this.agreed, this.farTick, this.nowMs);
    (this as { far: RtpLeg }).far = leg;
    return leg;
  }

  /** Lets time pass; returns what was heard, one frame per 20 ms. */
  run(durationMs: number, onFrame?: (frame: Int16Array) => void): Int16Array[] {
    const frames: Int16Array[] = [];
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      this.nowMs += TICK_MS;
      this.send();
      this.deliver();
      if (this.nowMs % 20 !== 0 || !this.near.hear(this.frame, this.nowMs)) continue;
      if (onFrame) onFrame(this.frame);
      else frames.push(this.frame.slice());
    }
    return frames;
  }

  /** Hands a datagram of anyone's making to the near leg. */
  inject(datagram: Uint8Array, from = FAR): void {
    this.near.receive(datagram, from.address, from.port, this.nowMs);
  }

  private send(): void {
    const { driftPpm = 0, lossRate = 0, duplicateRate = 0, isDown } = this.network;
    const farMs = this.nowMs * (1 + driftPpm / 1e6);
    while ((this.farTick + 1) * TICK_MS <= farMs) {
      this.farTick += 1;
      const length = this.far.packetDue(this.farTick, this.packet);
      if (length === 0 || this.random.unit() < lossRate || isDown?.(this.nowMs)) continue;
      const datagram = this.packet.slice(0, length);
      // Due on the far clock, which is not ours: the exact moment lies between two of our ticks.
      const sentMs = (this.farTick * TICK_MS) / (1 + driftPpm / 1e6);
      this.arrive(datagram, sentMs);
      if (this.random.unit() < duplicateRate) this.arrive(datagram, sentMs);
    }
  }

  private arrive(datagram: Uint8Array, sentMs: number): void {
    const { jitterMs = 0, stalls } = this.network;
    const wantedMs = sentMs + TRANSIT_MS + this.random.unit() * jitterMs;
    const stall = stalls?.find(({ fromMs, toMs }) => wantedMs >= fromMs && wantedMs < toMs);
    this.arriving.push({ atMs: stall?.toMs ?? wantedMs, datagram, order: this.sent++ });
  }

  private deliver(): void {
    const due = this.arriving.filter((entry) => entry.atMs <= this.nowMs);
    if (due.length === 0) return;
    this.arriving = this.arriving.filter((entry) => entry.atMs > this.nowMs);
    due.sort((one, other) => one.atMs - other.atMs || one.order - other.order);
    for (const { datagram, atMs } of due) {
      this.near.receive(datagram, FAR.address, FAR.port, atMs);
    }
  }
}
