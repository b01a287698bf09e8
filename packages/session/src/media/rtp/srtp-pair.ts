import type { AgreedMedia } from "../media-plane.js";
import { SrtpContext, srtpKeyBytes } from "./srtp.js";

type SrtpKeys = NonNullable<AgreedMedia["srtp"]>;
type Way = "send" | "receive";

/** Both directions of one leg's SRTP. */
export class SrtpPair {
  readonly send: SrtpContext;
  readonly receive: SrtpContext;
  private readonly keys: SrtpKeys;

  /** A key that stays the same keeps its packet counts: counted anew, it would encrypt twice alike. */
  constructor(keys: SrtpKeys, before: SrtpPair | undefined) {
    this.keys = keys;
    const contextOf = (way: Way) => {
      const kept = before && sameKey(keys, before.keys, `${way}Key`) ? before[way] : undefined;
      return kept ?? new SrtpContext(keys.suite, keys[`${way}Key`]);
    };
    this.send = contextOf("send");
    this.receive = contextOf("receive");
    this.receive.mki = keys.receiveMki;
  }

  /** Whether the keys are as long as their suite wants them. */
  static fits({ suite, sendKey, receiveKey }: SrtpKeys): boolean {
    const bytes = srtpKeyBytes(suite);
    return sendKey.length === bytes && receiveKey.length === bytes;
  }
}

function sameKey(one: SrtpKeys, other: SrtpKeys, which: `${Way}Key`): boolean {
  return one.suite === other.suite && Buffer.compare(one[which], other[which]) === 0;
}
