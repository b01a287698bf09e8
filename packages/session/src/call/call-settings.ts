import { z } from "zod";

const ms = z.number().int().min(1).max(86_400_000);

/** How long each wait lasts unless somebody says otherwise, in ms (outcomes section 3b). */
export const DEFAULT_LIMITS = {
  /** From the INVITE until any response (Timer B, RFC 3261 17.1.1.2). */
  noResponseMs: 32_000,
  /** From a 100 until an 18x or a final response. */
  progressMs: 20_000,
  /** From the first 18x. US law asks for at least 15,000. */
  ringMs: 30_000,
  /** From our CANCEL until the final response it calls for (64·T1, RFC 3261 9.1). */
  cancelMs: 32_000,
  /** From answer until the first RTP packet. */
  noAudioMs: 30_000,
  /** RTP missing for this long is reported as an event. */
  rtpLostMs: 15_000,
  /** No RTP and no agent activity for this long reaps the call. */
  idleMs: 60_000,
  /** Neither side speaks for this long: the agent hangs up. */
  userSilenceMs: 30_000,
  /** From answer. */
  maxDurationMs: 3_600_000,
  /** For `setup(ctx)`. */
  setupMs: 10_000,
  /** For all `call_end` hooks together. */
  callEndHookMs: 10_000,
  /** From creation until the INVITE. */
  registeredCallMs: 300_000,
  /** A web call waits this long for somebody to join. */
  webJoinMs: 30_000,
  /** From answer until the agent must speak, whatever detection knows by then. */
  deadAirMs: 2_000,
} as const;

export type CallLimits = Readonly<Record<keyof typeof DEFAULT_LIMITS, number>>;

/** Some of the limits; what is left out comes from the layer below. */
export const callLimitsSchema = z.strictObject(
  Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, ms.optional()])) as Record<
    keyof CallLimits,
    z.ZodOptional<typeof ms>
  >,
);

export type CallLimitsInput = z.input<typeof callLimitsSchema>;

/** Lays limits over the defaults; later layers win: runner, trunk profile, agent, call. */
export function resolveLimits(...layers: readonly (CallLimitsInput | undefined)[]): CallLimits {
  const limits: Record<keyof CallLimits, number> = { ...DEFAULT_LIMITS };
  for (const layer of layers)
    for (const name of Object.keys(DEFAULT_LIMITS) as (keyof CallLimits)[]) {
      const value = layer?.[name];
      if (value !== undefined) limits[name] = value;
    }
  return limits;
}

/** What is known about a trunk's habits. Thresholds that one carrier needs and another does not. */
export const carrierProfileSchema = z
  .strictObject({
    /** A 480 after this much ringing means that voicemail was about to answer. */
    voicemailRing: z
      .strictObject({ minMs: ms.default(3_000), maxMs: ms.default(45_000) })
      .prefault({}),
    /** What a 480 without any ringing means: the phone is off, or the trunk is full. */
    instant480: z.enum(["user_unreachable", "provider_unavailable"]).default("user_unreachable"),
    /** This trunk's own waits. */
    limits: callLimitsSchema.default({}),
  })
  .refine((profile) => profile.voicemailRing.minMs <= profile.voicemailRing.maxMs, {
    message: "voicemailRing.minMs must not be above voicemailRing.maxMs",
    path: ["voicemailRing"],
  });

export type CarrierProfile = z.infer<typeof carrierProfileSchema>;
export type CarrierProfileInput = z.input<typeof carrierProfileSchema>;

/** Everything a call is decided by that does not come from the call itself. Plain data. */
export interface CallSettings {
  readonly limits: CallLimits;
  readonly profile: CarrierProfile;
  /** Somebody reports when the user speaks, so that silence can be told from deafness. */
  readonly hearsVoice: boolean;
}
