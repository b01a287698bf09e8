import type { CallSignal } from "@offhook/session/vocabulary";
import type { DetectorProfile } from "./detector.js";
import type { Priors } from "./fusion.js";

/**
 * What the signalling says before anything was heard. Strong when present, silent when absent:
 * a missing header proves nothing.
 */
export class SignalPriors {
  private readonly profile: DetectorProfile;
  private rangFromMs: number | undefined;
  private toVoicemail = false;
  private ringMs: number | undefined;

  constructor(profile: DetectorProfile) {
    this.profile = profile;
  }

  get current(): Priors {
    const priors: { human: number; voicemail: number; screening: number } = {
      human: 0,
      voicemail: 0,
      screening: 0,
    };
    if (this.toVoicemail) {
      priors.voicemail += 2;
      priors.human -= 2;
    }
    if (this.ringMs !== undefined) {
      // Answered before a phone could have rung twice, or after any person would have.
      if (this.ringMs < 1_000) {
        priors.human -= 0.6;
        priors.screening += 0.8;
      } else if (this.ringMs > Math.min(30_000, this.profile.voicemailRing.maxMs)) {
        priors.human -= 0.6;
        priors.voicemail += 0.4;
      }
    }
    return priors;
  }

  onSignal(signal: CallSignal): void {
    if (signal.type === "provisional") {
      if (signal.response.status !== 100) this.rangFromMs ??= signal.atMs;
      if (signal.response.retarget?.toVoicemail) this.toVoicemail = true;
    } else if (signal.type === "answered") {
      if (signal.answer.retarget?.toVoicemail) this.toVoicemail = true;
      if (this.rangFromMs !== undefined) this.ringMs = signal.atMs - this.rangFromMs;
    }
  }
}
