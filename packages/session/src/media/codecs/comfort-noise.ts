/** Level when the peer says none, and the loudest that is taken seriously, in dB below overload. */
const DEFAULT_LEVEL_DB = 60;
const LOUDEST_LEVEL_DB = 30;

/** What our silence sounds like: silence, so as little as nobody hears. In −dBov. */
const OWN_LEVEL_DB = 78;

/** Writes the payload that describes our silence (RFC 3389 3); returns its length. */
export function writeComfortNoise(into: Uint8Array): number {
  into[0] = OWN_LEVEL_DB;
  return 1;
}

/**
 * Comfort noise (RFC 3389): what is heard while the peer has nothing to send. The level is
 * honoured; the spectrum is not, it is white.
 */
export class ComfortNoise {
  private amplitude = amplitudeOf(DEFAULT_LEVEL_DB);
  private state = 1;

  /** A payload of the peer: its first byte is the level in −dBov. */
  receive(payload: Uint8Array): void {
    const level = payload.length === 0 ? DEFAULT_LEVEL_DB : (payload[0] ?? 0) & 0x7f;
    this.amplitude = amplitudeOf(Math.max(LOUDEST_LEVEL_DB, level));
  }

  fill(into: Int16Array): void {
    for (let index = 0; index < into.length; index++) {
      // A linear congruential generator is noise enough for the ear.
      this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) | 0;
      into[index] = (this.state / 0x8000_0000) * this.amplitude;
    }
  }
}

/** Peak of even noise whose mean power is that far below a full-scale square wave. */
function amplitudeOf(levelDb: number): number {
  return 32_767 * 10 ** (-levelDb / 20) * Math.sqrt(3);
}
