import type { Random } from "@offhook/session";
import { between } from "./draw.js";
import { RATE, samplesOf, toInt16 } from "./pcm.js";

/**
 * What else lines do: far too quiet or so loud that it clips, hum and an offset, a room's echo,
 * senders that send nothing at all between words, bursts of lost packets.
 */
export function roughen(pcm: Int16Array, random: Random): Int16Array {
  let samples = Float32Array.from(pcm, (sample) => sample / 32_768);
  if (random.unit() < 0.3) samples = inRoom(samples, between(random, 30, 90), random);
  if (random.unit() < 0.25) silencePauses(samples);
  if (random.unit() < 0.2) loseBursts(samples, random);
  // After a speech level of -32 to -15 dBov: down to -44, up to clipping.
  const gain = 10 ** (between(random, -12, 15) / 20);
  const hums = random.unit() < 0.3;
  const humHz = random.unit() < 0.5 ? 50 : 60;
  const hum = hums ? 10 ** (between(random, -55, -38) / 20) : 0;
  const offset = random.unit() < 0.2 ? between(random, -0.03, 0.03) : 0;
  for (let index = 0; index < samples.length; index++) {
    const turn = (2 * Math.PI * humHz * index) / RATE;
    const humming = hum * (Math.sin(turn) + 0.5 * Math.sin(3 * turn) + 0.3 * Math.sin(5 * turn));
    samples[index] = (samples[index] as number) * gain + humming + offset;
  }
  return toInt16(samples);
}

/** Early reflections and a tail that decays, as a hands-free phone in a kitchen has them. */
function inRoom(dry: Float32Array<ArrayBuffer>, delayMs: number, random: Random) {
  const wet = dry.slice();
  const delays = [delayMs, delayMs * 1.37, delayMs * 1.83].map(samplesOf);
  const feedback = between(random, 0.15, 0.4);
  for (const delay of delays)
    for (let index = delay; index < wet.length; index++)
      wet[index] = (wet[index] as number) + (feedback / 2) * (wet[index - delay] as number);
  return wet;
}

/** Digital silence where the speaker pauses, as voice activity detection at the sender leaves it. */
function silencePauses(samples: Float32Array): void {
  const step = samplesOf(20);
  let loudest = 0;
  for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
  for (let at = 0; at < samples.length; at += step) {
    const part = samples.subarray(at, at + step);
    if (part.every((sample) => Math.abs(sample) < loudest * 0.03)) part.fill(0);
  }
}

function loseBursts(samples: Float32Array, random: Random): void {
  const step = samplesOf(20);
  for (let at = 0; at < samples.length; at += step) {
    if (random.unit() >= 0.006) continue;
    const length = Math.round(between(random, 2, 5)) * step;
    samples.fill(0, at, at + length);
    at += length;
  }
}
