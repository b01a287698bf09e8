import type { LegMedia } from "./leg-media.js";

/** More forks than any proxy makes. */
const MAX_FORKS = 32;

/** What the forks of our INVITE answered before any of them picked up (RFC 3261 13.2.1). */
export class EarlyAnswers {
  private readonly media: LegMedia;
  /** By To-tag. */
  private readonly answers = new Map<string, string>();
  private heard: string | undefined;

  constructor(media: LegMedia) {
    this.media = media;
  }

  /** Early media: the last fork that plays something is heard (RFC 3960). */
  take(tag: string, sdp: string): void {
    if (!this.media.accept(sdp).ok) return;
    this.heard = tag;
    if (this.answers.size < MAX_FORKS) this.answers.set(tag, sdp);
  }

  isHeard(tag: string): boolean {
    return this.heard === tag;
  }

  /**
   * A fork picked up without saying its answer again. Somebody unheard of takes over the only answer
   * there is: gateways change their tag between 183 and 200. False where there is none to go by.
   */
  settle(tag: string, isKnown: boolean): boolean {
    if (this.isHeard(tag)) return true;
    const [only] = this.answers.size === 1 && !isKnown ? this.answers.values() : [];
    const sdp = this.answers.get(tag) ?? only;
    return sdp !== undefined && this.media.accept(sdp).ok;
  }
}
