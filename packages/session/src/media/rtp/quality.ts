/** Default transmission rating with all impairments at their defaults (ITU-T G.107). */
const BASE_RATING = 93.2;
/** G.711 with concealment at random loss (G.113 Appendix I): packet-loss robustness. */
const LOSS_ROBUSTNESS = 25.1;
const PACKET_MS = 20;

/**
 * Estimated mean opinion score of what is heard, 1 to 4.5, by the E-model (ITU-T G.107) with
 * one-way delay and packet loss as its only impairments.
 */
export function estimateMos(heard: {
  /** Lost or too late, 0 to 1. */
  readonly lossRate: number;
  readonly roundTripMs: number;
  readonly bufferMs: number;
}): number {
  const delayMs = heard.roundTripMs / 2 + heard.bufferMs + PACKET_MS;
  const delayImpairment = 0.024 * delayMs + 0.11 * Math.max(0, delayMs - 177.3);
  const lossPercent = 100 * Math.max(0, Math.min(1, heard.lossRate));
  const lossImpairment = (95 * lossPercent) / (lossPercent + LOSS_ROBUSTNESS);
  const rating = Math.max(0, Math.min(100, BASE_RATING - delayImpairment - lossImpairment));
  const score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
  return Math.max(1, Math.min(4.5, score));
}
