import type { Binding } from "../binding.js";
import type { DialogDelegate } from "../core/receiver.js";
import type { LegMedia } from "./leg-media.js";
import { answerUpdate } from "./renegotiation.js";

/** More forks than any proxy makes. */
const MAX_FORKS = 32;

/** What the forks of our INVITE answered before any of them picked up (RFC 3261 13.2.1). */
export class EarlyAnswers {
  private readonly media: LegMedia;
  /** Who rings, and what they answered, by To-tag; the answers are more than most calls have. */
  private readonly ringing = new Set<string>();
  private answers: Map<string, string> | undefined;
  private heard: string | undefined;

  constructor(media: LegMedia) {
    this.media = media;
  }

  /** Early media: the last fork that plays something is heard (RFC 3960). */
  take(tag: string, sdp: string): void {
    if (!this.media.accept(sdp).ok) return;
    this.heard = tag;
    this.answers ??= new Map();
    if (this.answers.size < MAX_FORKS) this.answers.set(tag, sdp);
  }

  ring(tag: string): void {
    if (this.ringing.size < MAX_FORKS) this.ringing.add(tag);
  }

  rings(tag: string): boolean {
    return this.ringing.has(tag);
  }

  /** What a fork may say before it answers: another offer, once its first answer is here. */
  delegateOf(tag: string, binding: Binding, isCalling: () => boolean): DialogDelegate {
    const { media } = this;
    return {
      onUpdate: (message) => {
        const agreed = isCalling() && this.heard === tag;
        const refusal = agreed ? undefined : { statusCode: 491 };
        answerUpdate(message, { binding, media, refusal });
      },
      // Ours is still under way (RFC 3261 14.2).
      onInvite: (request) => void request.reject({ statusCode: 491 }),
    };
  }

  /**
   * A fork picked up without saying its answer again. Somebody unheard of takes over the only answer
   * there is: gateways change their tag between 183 and 200. False where there is none to go by.
   */
  settle(tag: string): boolean {
    if (this.heard === tag) return true;
    const { answers } = this;
    const [only] = answers?.size === 1 && !this.rings(tag) ? answers.values() : [];
    const sdp = answers?.get(tag) ?? only;
    return sdp !== undefined && this.media.accept(sdp).ok;
  }
}
