import type { LegSink } from "../../carrier.js";
import type { Clock } from "../../clock.js";
import type { Logger } from "../../logger.js";
import type { CallSampleRate } from "../../media/call-audio.js";
import type { MediaPlane } from "../../media/media-plane.js";
import type { Random } from "../../random.js";
import type { SrtpPolicy } from "../message/sdes.js";
import type { HopTroubles } from "../route/hop-troubles.js";
import type { LegMedia } from "./leg-media.js";
import type { ReferTarget } from "./refer.js";
import type { EndedDialogs } from "./replaces.js";
import type { Successor } from "./succession.js";

/** What every leg of a carrier is made with. */
export interface LegSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly mediaPlane: MediaPlane;
  readonly sampleRate: CallSampleRate;
  readonly rtpLostMs: number;
  readonly srtp: SrtpPolicy;
  /** What we ask for, and send where the peer asks for no other length. */
  readonly packetMs: number;
  /** How long a target that is not the last may leave an INVITE without any response. */
  readonly failoverMs: number;
  /** Digits leave by INFO instead of in RTP. */
  readonly digitsByInfo: boolean;
  readonly endedDialogs: EndedDialogs;
  readonly troubles: HopTroubles;
  /** Calls whom a REFER names, for the leg that accepted it. */
  readonly follow: (
    target: ReferTarget,
    sink: LegSink,
    media: LegMedia,
    onOver: () => void,
  ) => Successor;
}
