import type { Clock } from "../../clock.js";
import type { Logger } from "../../logger.js";
import type { CallSampleRate } from "../../media/call-audio.js";
import type { MediaPlane } from "../../media/media-plane.js";
import type { Random } from "../../random.js";
import type { SrtpPolicy } from "../message/sdes.js";

/** What every leg of a carrier is made with. */
export interface LegSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly mediaPlane: MediaPlane;
  readonly sampleRate: CallSampleRate;
  readonly rtpLostMs: number;
  readonly srtp: SrtpPolicy;
}
