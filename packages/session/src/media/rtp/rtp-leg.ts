import type { MediaStats } from "../call-audio.js";
import type { AgreedMedia, CodecOffer, DigitsInSound, MediaSignal } from "../media-plane.js";
import { MediaReceiver } from "../receive/media-receiver.js";
import type { DigitsToSend } from "../send/digit-sender.js";
import { MediaSender } from "../send/media-sender.js";
import type { Playout } from "../send/playout.js";
import { HeldDatagrams } from "./held-datagrams.js";
import { estimateMos } from "./quality.js";
import { RtcpSession } from "./rtcp-session.js";
import { looksLikeRtcp, parseRtp, type RtpPacket } from "./rtp.js";
import { type MediaAddress, SourceLatch } from "./source-latch.js";
import { SrtpPair } from "./srtp-pair.js";

export interface RtpLegOptions {
  /** Rate of the audio on our side. */
  readonly sampleRate: number;
  readonly rtpLostMs: number;
  /** Default `needed`. */
  readonly digitsInSound?: DigitsInSound;
  /** Spreads the legs of one clock over its ticks. */
  readonly tickOffset: number;
  readonly random: () => number;
  readonly onSignal: (signal: MediaSignal) => void;
}

/** Whether RTP is coming in, in this phase of the call. */
type Hearing = "never" | "running" | "lost";

/**
 * One leg of RTP without its socket and its clock: datagrams in, datagrams out, signals. All times
 * are given to it, so that it runs in virtual time as well as in the media worker.
 */
export class RtpLeg {
  private readonly options: RtpLegOptions;
  private readonly receiver: MediaReceiver;
  private readonly sender: MediaSender;
  private readonly rtcp: RtcpSession;
  /** The peer sends RTCP on the RTP port, so it takes it there too (RFC 5761). */
  private rtcpOnRtpPort = false;
  private agreed: AgreedMedia | undefined;
  /** What `agreed` comes to: read for every packet. */
  private maySend = false;
  private mayHear = false;
  private latch = new SourceLatch();
  /** Our offer is out, in the clear: whoever answers may speak before the answer is read. */
  private expecting = false;
  /** What came before it could be read. */
  private readonly held = new HeldDatagrams();
  private srtp: SrtpPair | undefined;
  private hearing: Hearing = "never";
  private lastPacketMs = 0;
  private everHeard = false;
  /** The peer came up with our SSRC. */
  private hasCollided = false;
  /** That SSRC of ours, until it has said goodbye. */
  private abandonedSsrc: number | undefined;
  /** Datagrams that were no RTP of this call. */
  private refused = 0;

  constructor(options: RtpLegOptions) {
    this.options = options;
    this.sender = new MediaSender(options);
    this.rtcp = new RtcpSession(options.random);
    this.receiver = new MediaReceiver({
      sampleRate: options.sampleRate,
      onDigit: ({ digit, durationMs }, via) =>
        options.onSignal({ type: "dtmf", digit, durationMs, via }),
    });
  }

  get playout(): Playout {
    return this.sender.playout;
  }

  get stats(): MediaStats {
    const { statistics, dropped, late, delayMs } = this.receiver;
    const { remote } = this.rtcp;
    const { expected, lost } = statistics;
    const mos = estimateMos({
      lossRate: expected === 0 ? 0 : (lost + late) / expected,
      roundTripMs: remote.roundTripMs ?? 0,
      bufferMs: delayMs,
    });
    return {
      codec: this.agreed?.send.name,
      packetsSent: this.sender.packetsSent,
      packetsReceived: statistics.received,
      packetsLost: lost,
      packetsDropped: dropped + this.refused + this.rtcp.malformed,
      jitterMs: statistics.jitterMs,
      packetsLate: late,
      concealedMs: (this.receiver.concealedSamples * 1000) / this.options.sampleRate,
      bufferMs: delayMs,
      ...remote,
      ...(expected === 0 ? {} : { mos }),
    };
  }

  /** What we send by. */
  get ssrc(): number {
    return this.sender.ssrc;
  }

  /** What the peer sends by, once it was heard. */
  get heardSsrc(): number | undefined {
    return this.receiver.ssrc;
  }

  /** See `SourceLatch`. */
  get sources(): readonly MediaAddress[] {
    return this.latch.sources;
  }

  /** See `SourceLatch`. */
  get isSettled(): boolean {
    return this.latch.isSettled;
  }

  /** RTP packets that should have come, and that never came. */
  get inbound(): { readonly expected: number; readonly lost: number } {
    return this.receiver.statistics;
  }

  /** Where packets go; undefined while there is nothing to send or nobody to send it to. */
  get target(): { readonly address: string; readonly port: number } | undefined {
    const { target } = this.latch;
    return this.maySend && target && target.port > 0 ? target : undefined;
  }

  /** False when what was agreed cannot be spoken: an unknown codec, keys of a wrong length. */
  connect(agreed: AgreedMedia, tick: number, nowMs: number): boolean {
    const { srtp } = agreed;
    if (srtp && !SrtpPair.fits(srtp)) return false;
    const sentBefore = this.maySend;
    const watchedBefore = this.mayMiss;
    const heardBefore = this.mayHear;
    if (!this.sender.configure(agreed, tick)) return false;
    this.srtp = srtp && new SrtpPair(srtp, this.srtp);
    this.receiver.configure(agreed.receive);
    const { digitsInSound = "needed" } = this.options;
    const areNeeded = digitsInSound === "needed" && agreed.sendTelephoneEvent === undefined;
    this.receiver.hearDigitsInSound(areNeeded || digitsInSound === "always");
    this.agreed = agreed;
    this.maySend = isSent(agreed);
    this.mayHear = agreed.direction === "sendrecv" || agreed.direction === "recvonly";
    this.latch.signal(agreed.remote);
    if (this.maySend && !sentBefore) {
      this.sender.restart();
      this.rtcp.deliveryWatch.restart(this.sender.packetsSent, nowMs);
    }
    if (this.mayHear && !heardBefore) this.receiver.startOver();
    if (this.mayMiss && !watchedBefore) this.lastPacketMs = nowMs;
    for (const { datagram, address, port, atMs } of this.held.takeAll()) {
      this.receive(datagram, address, port, atMs);
    }
    return true;
  }

  /**
   * Our offer is on its way, and all of `receive` may come from now on (RFC 3264 5.1). Not for an
   * offer with keys: what comes under those can be read only once the answer names its own.
   */
  expect(receive: readonly CodecOffer[]): void {
    if (this.agreed) return;
    this.expecting = true;
    this.mayHear = true;
    this.receiver.configure(receive);
  }

  /** The call is answered: its first packet is told again, and what we send has to arrive from now on. */
  enterPhase(nowMs: number): void {
    this.rtcp.deliveryWatch.start(this.sender.packetsSent, nowMs);
    this.hearing = "never";
  }

  /** See `MediaSender.setBackground`. */
  setBackground(samples: Int16Array, gainDb: number): void {
    this.sender.setBackground(samples, gainDb);
  }

  /** What the peer gets to hear in the last packet, at our rate. */
  get lastSaid(): Int16Array {
    return this.sender.lastHeard;
  }

  sendDigits(request: DigitsToSend): void {
    this.sender.sendDigits(request);
  }

  receive(datagram: Uint8Array, address: string, port: number, nowMs: number): void {
    if (looksLikeRtcp(datagram)) {
      if (this.receiveRtcp(datagram, address, nowMs)) this.rtcpOnRtpPort = true;
      return;
    }
    if (!this.agreed && !this.expecting) {
      if (!this.held.keep({ datagram, address, port, atMs: nowMs })) this.refused += 1;
      return;
    }
    const known = this.mayHear && this.latch.mayAccept(address, port);
    const packet = known ? this.open(datagram) : undefined;
    if (!packet || !this.latch.accept(address, port, packet, nowMs)) {
      this.refused += 1;
      return;
    }
    const proved = this.latch.takeProved();
    this.refused -= proved.length;
    for (const arrival of proved) this.take(arrival.packet, arrival.atMs);
    this.take(packet, nowMs);
  }

  private take(packet: RtpPacket, nowMs: number): void {
    // RFC 3550 8.2. The second time it is no chance: the peer sends back what it gets.
    if (packet.ssrc === this.sender.ssrc && !this.hasCollided) {
      this.hasCollided = true;
      this.abandonedSsrc = this.sender.ssrc;
      this.sender.changeSsrc();
      this.rtcp.deliveryWatch.restart(this.sender.packetsSent, nowMs);
    }
    this.lastPacketMs = nowMs;
    this.everHeard = true;
    this.noteHearing();
    this.receiver.receive(packet, nowMs);
  }

  /** Takes an RTCP datagram from either port; false when it is dropped. */
  receiveRtcp(datagram: Uint8Array, address: string, nowMs: number): boolean {
    const known = address === this.latch.target?.address || address === this.agreed?.rtcp?.address;
    if (!known) {
      this.refused += 1;
      return false;
    }
    const plain = this.srtp ? this.srtp.receive.unprotectReport(datagram) : datagram;
    if (!plain) {
      this.refused += 1;
      return false;
    }
    const { ssrc, packetsSent } = this.sender;
    const clockRate = this.agreed?.send.clockRate ?? 8000;
    const before = this.rtcp.remote.delivery;
    if (!this.rtcp.receive(plain, { ssrc, packetsSent, clockRate }, nowMs)) return false;
    this.tellDelivery(before);
    this.sender.expectLoss(this.rtcp.remote.remoteLossRate ?? 0);
    for (const ssrc of this.rtcp.takeLeft())
      if (ssrc === this.receiver.ssrc) this.receiver.leave(nowMs);
    return true;
  }

  /** Writes the RTCP report into `into` when one is due; returns its length, 0 otherwise. */
  reportDue(tick: number, into: Uint8Array, nowMs: number): number {
    const { abandonedSsrc } = this;
    if (abandonedSsrc !== undefined) {
      this.abandonedSsrc = undefined;
      return this.report(tick, into, nowMs, { ssrc: abandonedSsrc, ends: true });
    }
    if (!this.agreed || !this.rtcp.isDue(nowMs)) return 0;
    return this.report(tick, into, nowMs, { ssrc: this.sender.ssrc, ends: false });
  }

  /** Writes the last report, with a goodbye (RFC 3550 6.6); returns its length, 0 for who never said anything. */
  farewell(tick: number, into: Uint8Array, nowMs: number): number {
    if (!this.agreed || (this.sender.packetsSent === 0 && !this.rtcp.hasReported)) return 0;
    return this.report(tick, into, nowMs, { ssrc: this.sender.ssrc, ends: true });
  }

  private report(
    tick: number,
    into: Uint8Array,
    nowMs: number,
    { ssrc, ends }: { readonly ssrc: number; readonly ends: boolean },
  ): number {
    const { packetsSent, payloadBytesSent: bytesSent } = this.sender;
    const rtpTimestamp = this.sender.timestampAt(tick);
    const { ssrc: heardSsrc, statistics } = this.receiver;
    const from = { ssrc, rtpTimestamp, packetsSent, bytesSent, heardSsrc, statistics };
    const length = this.rtcp.write(into, from, nowMs, ends);
    return this.srtp ? this.srtp.send.protectReport(into, length) : length;
  }

  /** Where reports go; also on hold, when there is no `target`. */
  get reportTarget(): { readonly address: string; readonly port: number } | undefined {
    const { target } = this.latch;
    if (!target || isBlackHole(target.address) || target.port === 0) return undefined;
    if (this.rtcpOnRtpPort) return target;
    return this.agreed?.rtcp ?? { address: target.address, port: target.port + 1 };
  }

  /** Packets are due every so many ticks; 0 while nothing was agreed. */
  get packetTicks(): number {
    return this.sender.packetTicks;
  }

  /** Writes the packet due at `tick` into `into`; returns its length, 0 when none is due. */
  packetDue(tick: number, into: Uint8Array): number {
    const { packetTicks } = this.sender;
    if (packetTicks === 0 || (tick + this.options.tickOffset) % packetTicks !== 0 || !this.target)
      return 0;
    const length = this.sender.packet(tick, into);
    return this.srtp ? this.srtp.send.protect(into, length) : length;
  }

  /** Fills `into` with what the far side said; false while there is nothing to hear. */
  hear(into: Int16Array, nowMs: number): boolean {
    if (!this.mayHear || !this.everHeard) return false;
    this.receiver.pull(into, nowMs);
    const silentMs = nowMs - this.lastPacketMs;
    const isLost = silentMs >= this.options.rtpLostMs && !this.receiver.isSilentOnPurpose(nowMs);
    if (isLost && this.mayMiss && this.hearing === "running") {
      this.hearing = "lost";
      this.options.onSignal({ type: "audio_lost" });
    }
    return true;
  }

  close(): void {
    this.sender.close();
  }

  /** A packet that is well-formed, of an agreed type and, with SRTP, genuine. */
  private open(datagram: Uint8Array): RtpPacket | undefined {
    const packet = parseRtp(datagram);
    if (!packet || !this.receiver.knows(packet.payloadType)) return undefined;
    if (!this.srtp) return packet;
    const plain = this.srtp.receive.unprotect(datagram);
    return plain && parseRtp(plain);
  }

  private noteHearing(): void {
    const before = this.hearing;
    this.hearing = "running";
    if (before === "never") this.options.onSignal({ type: "audio_started" });
    else if (before === "lost") this.options.onSignal({ type: "audio_resumed" });
  }

  private tellDelivery(before: MediaStats["delivery"]): void {
    const { delivery } = this.rtcp.remote;
    if (delivery === before) return;
    if (delivery !== "arrives") this.options.onSignal({ type: "audio_undelivered" });
    else if (before !== undefined) this.options.onSignal({ type: "audio_delivered" });
  }

  /** A peer that takes nothing from us has put us on hold, and need not send anything either. */
  private get mayMiss(): boolean {
    return this.agreed?.direction === "sendrecv";
  }
}

function isSent({ direction, remote }: AgreedMedia): boolean {
  return (direction === "sendrecv" || direction === "sendonly") && !isBlackHole(remote.address);
}

/** The address that old phones put on hold with (RFC 3264 8.4). */
function isBlackHole(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
