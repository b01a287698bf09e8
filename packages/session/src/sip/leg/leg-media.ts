import type {
  AgreedMedia,
  MediaDirection,
  MediaPlane,
  MediaPort,
} from "../../media/media-plane.js";
import type { LegSignal } from "../../vocabulary.js";
import { type LocalSdes, makeSdes, type SrtpPolicy } from "../message/sdes.js";
import {
  acceptAnswer,
  answerOffer,
  formatOffer,
  isHeldByPeer,
  type LocalMedia,
  type Negotiation,
  whyNoAnswer,
} from "../message/sdp.js";
import type { SdpText } from "../message/sdp-text.js";
import type { LegSettings } from "./leg-settings.js";

/** One leg's media port and the state of its offers and answers (RFC 3264). */
export class LegMedia {
  readonly port: MediaPort;
  /** What is in force. */
  agreed: AgreedMedia | undefined;
  private readonly codecs: LocalMedia["codecs"];
  private readonly sdes: LocalSdes | undefined;
  private readonly packetMs: number;
  private readonly sessionId: number;
  private readonly emit: (signal: LegSignal) => void;
  private sessionVersion = 0;
  private wanted: MediaDirection = "sendrecv";
  private heldByPeer = false;
  private address = "";
  private portNumber = 0;
  private profile: string;
  /** What is agreed here reaches the port. */
  private inForce: boolean;
  private active = false;

  /** Opens a port. */
  static open(
    plane: MediaPlane,
    settings: LegSettings,
    callId: string,
    localAddress: string,
    emit: (signal: LegSignal) => void,
    /** Where the peer's media will come from, where that is known for sure. */
    remote?: AgreedMedia["remote"],
  ): LegMedia {
    const port = plane.open({
      callId,
      localAddress,
      sampleRate: settings.sampleRate,
      rtpLostMs: settings.rtpLostMs,
      remote,
      onSignal: emit,
    });
    // A leg that ends before its socket is open never asks for it.
    port.local.catch(() => undefined);
    return new LegMedia(port, plane.codecs, settings, emit, true);
  }

  private constructor(
    port: MediaPort,
    codecs: LocalMedia["codecs"],
    settings: LegSettings,
    emit: (signal: LegSignal) => void,
    inForce: boolean,
  ) {
    this.port = port;
    this.codecs = codecs;
    this.inForce = inForce;
    this.packetMs = settings.packetMs;
    // A number that JavaScript and 63-bit readers both hold (RFC 8866 5.2).
    this.sessionId = Math.floor(settings.random.unit() * 2 ** 47) + 1;
    this.sdes = makeSdes(settings.srtp, settings.random);
    // "Allowed" offers keys within the plain profile: who knows nothing of them answers as ever,
    // whereas a peer without SRTP must refuse RTP/SAVP.
    this.profile = settings.srtp === "required" ? "RTP/SAVP" : "RTP/AVP";
    this.emit = emit;
  }

  /**
   * Offers and answers of its own, keys included, for the same port: with somebody who may take the
   * far side's place. Nothing of it is in force before `takeOver`.
   */
  successor(settings: LegSettings, emit: (signal: LegSignal) => void): LegMedia {
    return new LegMedia(this.port, this.codecs, settings, emit, false);
  }

  /** Puts what was agreed here in force instead of what `before` agreed. */
  takeOver(before: LegMedia): void {
    before.inForce = false;
    this.inForce = true;
    this.heldByPeer = before.heldByPeer;
    this.active = before.active;
    if (this.agreed) this.enforce(this.agreed);
    if (!before.active) this.port.setPhase("active");
    this.active = true;
  }

  /** The call was answered. */
  activate(): void {
    if (!this.inForce) return;
    this.active = true;
    this.port.setPhase("active");
  }

  /**
   * Tells whether the peer holds us. By itself only once the call is answered: a gateway that wants
   * no audio yet while it rings holds nobody.
   */
  tellHold(): void {
    const held = this.agreed !== undefined && isHeldByPeer(this.agreed.direction);
    if (!this.inForce || held === this.heldByPeer) return;
    this.heldByPeer = held;
    this.emit({ type: "held", by: "far_side", held });
  }

  /** Waits for the socket. @throws MEDIA_FAILED */
  async prepare(): Promise<void> {
    const { address, port } = await this.port.local;
    this.address = address;
    this.portNumber = port;
  }

  offer(): string {
    this.sessionVersion += 1;
    const local = this.local();
    const { sdes } = this;
    const inForce = this.agreed;
    if (!inForce && !sdes) this.port.expect?.(this.codecs);
    if (!sdes || !inForce) return formatOffer(local);
    // A later offer stays with what is in force, keys and profile included (RFC 4568 7.1.4).
    const keys = sdes.keys.filter(({ suite }) => suite === inForce.srtp?.suite);
    return formatOffer({ ...local, sdes: { ...sdes, keys } });
  }

  /** Answers an offer and puts it in force when it fits. */
  answer(offer: string | SdpText): Negotiation {
    this.sessionVersion += 1;
    return this.apply(answerOffer(offer, this.local()));
  }

  /** Puts the answer to our offer in force when it fits. */
  accept(answer: string): Negotiation {
    return this.apply(acceptAnswer(answer, this.local()));
  }

  /** What our next offer asks for: `sendonly` holds the peer. */
  want(direction: MediaDirection): void {
    this.wanted = direction;
  }

  private local(): LocalMedia {
    return {
      address: this.address,
      port: this.portNumber,
      codecs: this.codecs,
      direction: this.wanted,
      packetMs: this.packetMs,
      sessionId: this.sessionId,
      sessionVersion: this.sessionVersion,
      profile: this.profile,
      ...(this.sdes ? { sdes: { ...this.sdes, required: this.mustEncrypt(this.sdes) } } : {}),
    };
  }

  /**
   * What was encrypted stays so: nobody notices when a call under way goes plain. Before it is
   * answered, each fork may agree on something else.
   */
  private mustEncrypt({ required }: LocalSdes): boolean {
    return required || (this.active && this.agreed?.srtp !== undefined);
  }

  private apply(result: Negotiation): Negotiation {
    if (!result.ok) return result;
    this.agreed = result.agreed;
    this.profile = result.profile;
    if (this.inForce) this.enforce(result.agreed);
    return result;
  }

  private enforce(agreed: AgreedMedia): void {
    this.port.connect(agreed);
    if (this.active) this.tellHold();
  }
}

/** Why we could not answer this offer at all; nothing is opened, and its keys protect nothing. */
export function whyUnanswerable(
  offer: string | SdpText,
  codecs: LocalMedia["codecs"],
  srtp: SrtpPolicy,
): string | undefined {
  const sdes = makeSdes(srtp, { hex: (bytes) => "00".repeat(bytes), unit: () => 0 });
  return whyNoAnswer(offer, { codecs, ...(sdes ? { sdes } : {}) });
}
