import type { CallSignal, FinalResponse } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";

/** Q.850 causes that say outright that it was not voicemail: busy, no answer, off, wrong, network… */
const TELLING_CAUSES: ReadonlySet<number> = new Set([
  1, 3, 17, 18, 19, 20, 21, 22, 27, 28, 34, 38, 41, 42, 44, 47, 55, 57, 58, 65, 88, 102,
]);

/**
 * Voicemail that never connected (seed 000, first detection point): the network says the user is
 * unavailable (480, or a real 408) after it rang for as long as a forward to voicemail takes, or
 * says that it retargeted the call to voicemail (RFC 4458, RFC 5806, RFC 7044).
 */
export const preConnectVoicemail = defineDetector({
  name: "pre-connect-voicemail",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Ringing in this range, then unavailable, means voicemail. Default: the carrier profile's. */
    ringMinMs: z.number().int().positive().max(600_000).optional(),
    ringMaxMs: z.number().int().positive().max(600_000).optional(),
  }),
  create(options, { report, call }) {
    const minMs = options.ringMinMs ?? call.profile.voicemailRing.minMs;
    const maxMs = options.ringMaxMs ?? call.profile.voicemailRing.maxMs;
    let ringingFromMs: number | undefined;
    let retargeted = false;

    const onRejected = (response: FinalResponse, atMs: number) => {
      if (response.status !== 480 && response.status !== 408) return;
      const cause = response.q850;
      if (cause !== undefined && TELLING_CAUSES.has(cause)) return;
      const inputs = {
        status: response.status,
        ringMs: ringingFromMs === undefined ? 0 : atMs - ringingFromMs,
        retargetedToVoicemail: retargeted || response.retarget?.toVoicemail === true,
        ...(cause === undefined ? {} : { q850: cause }),
      };
      const thresholds = { ringMinMs: minMs, ringMaxMs: maxMs };
      if (inputs.retargetedToVoicemail)
        report({
          label: "voicemail",
          kind: "pre_connect",
          confidence: 0.97,
          rule: "retargeted-to-voicemail",
          inputs,
          thresholds,
        });
      else if (ringingFromMs !== undefined && inputs.ringMs >= minMs && inputs.ringMs <= maxMs)
        report({
          label: "voicemail",
          kind: "pre_connect",
          confidence: 0.85,
          rule: "user-unavailable-after-ring",
          inputs,
          thresholds,
        });
    };

    return {
      onSignal(signal: CallSignal) {
        if (signal.type === "provisional" && signal.response.status > 100) {
          ringingFromMs ??= signal.atMs;
          if (signal.response.retarget?.toVoicemail) retargeted = true;
        } else if (signal.type === "rejected") onRejected(signal.response, signal.atMs);
      },
    };
  },
});
