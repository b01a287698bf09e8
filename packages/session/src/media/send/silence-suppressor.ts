/** So much silence is still sent as such, or a pause between two words would be cut out. */
const HANGOVER_MS = 200;
/** Comfort noise is repeated this often (RFC 3389 leaves it open), so that a NAT and a peer's own timers see life. */
const REPEAT_MS = 500;

/** What goes out in place of a packet: the audio itself, a description of silence, or nothing. */
export type Spoken = "audio" | "noise" | "nothing";

/** Leaves silence unsaid (RFC 3389, RFC 3551 4.1) for peers that make their own. */
export class SilenceSuppressor {
  private silentMs = 0;
  private unsaidMs = 0;

  /** True from the first noise until audio goes out again. */
  get suppressing(): boolean {
    return this.silentMs > HANGOVER_MS;
  }

  /** To be asked once for each packet that is due. */
  next(isSilent: boolean, packetMs: number): Spoken {
    if (!isSilent) {
      this.silentMs = 0;
      return "audio";
    }
    const wasSuppressing = this.suppressing;
    this.silentMs += packetMs;
    if (!this.suppressing) return "audio";
    this.unsaidMs = wasSuppressing ? this.unsaidMs + packetMs : 0;
    if (wasSuppressing && this.unsaidMs < REPEAT_MS) return "nothing";
    this.unsaidMs = 0;
    return "noise";
  }
}
