import type { ReasonToSend } from "../carrier.js";
import type { MediaLeg } from "../media/call-audio.js";
import type { Challenge } from "./scenario-step.js";

/** What a scenario needs of whichever leg it drives once audio can flow. */
interface FarSideLeg {
  readonly media: Pick<MediaLeg, "format" | "write" | "mark" | "sendDtmf" | "onFrame">;
  /** Stops sending RTP, or sends again. */
  setMuted(muted: boolean): void;
  /** REFER: the other side is to call `to` instead. */
  refer(to: string): void;
  /** BYE; CANCEL of a call that was not answered yet. */
  hangUp(reason: ReasonToSend | undefined): void;
}

/** The leg of somebody who is called: simulated, or a real one on loopback. */
export interface CalleeLeg extends FarSideLeg {
  readonly role: "callee";
  ignore(): void;
  /** Settles when the caller has proved itself; stays pending when it cannot. */
  challenge(challenge: Challenge): Promise<void>;
  trying(): void;
  provisional(response: {
    readonly status: number;
    readonly earlyMedia: boolean;
    readonly headers: Readonly<Record<string, string>>;
  }): void;
  /** Settles when the ACK came and audio flows. */
  answer(): Promise<void>;
  reject(response: {
    readonly status: number;
    readonly phrase: string | undefined;
    readonly reason: ReasonToSend | undefined;
    readonly headers: Readonly<Record<string, string>>;
  }): void;
}

/** The leg of somebody who calls. */
export interface CallerLeg extends FarSideLeg {
  readonly role: "caller";
  /** Settles when the call was answered; stays pending when it is not. */
  readonly answered: Promise<void>;
}
