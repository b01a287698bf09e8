import type { Random } from "@offhook/session";
import { activeRms, RATE, rms, samplesOf, toInt16, toLevel } from "./pcm.js";

export type NoiseKind = "none" | "white" | "pink" | "car" | "babble";

export interface Channel {
  readonly levelDb: number;
  /** `Infinity` for no noise. */
  readonly snrDb: number;
  readonly noise: NoiseKind;
  readonly lossShare: number;
  readonly codec: "PCMU" | "PCMA";
  readonly clicks: number;
}

const SNRS = [Number.POSITIVE_INFINITY, 30, 20, 15, 10] as const;
const NOISES = ["white", "pink", "car", "babble"] as const;

export function drawChannel(random: Random): Channel {
  const snrDb = SNRS[Math.floor(random.unit() * SNRS.length)] as number;
  const noise = NOISES[Math.floor(random.unit() * NOISES.length)] as NoiseKind;
  const losses = [0, 0, 0.01, 0.03];
  return {
    levelDb: -32 + 17 * random.unit(),
    snrDb,
    noise: snrDb === Number.POSITIVE_INFINITY ? "none" : noise,
    lossShare: losses[Math.floor(random.unit() * losses.length)] as number,
    codec: random.unit() < 0.5 ? "PCMU" : "PCMA",
    clicks: random.unit() < 0.15 ? 1 + Math.floor(3 * random.unit()) : 0,
  };
}

/** What the line does to what was said: level, noise, clicks, lost packets and companding. */
export function throughChannel(
  said: Float32Array,
  channel: Channel,
  random: Random,
  babble: readonly Float32Array[],
): Int16Array {
  const loud = activeRms(said) > 1e-4;
  const samples = loud ? toLevel(said, channel.levelDb) : said.slice();
  if (channel.noise !== "none") {
    const noise = makeNoise(channel.noise, samples.length, random, babble);
    const gain = 10 ** ((channel.levelDb - channel.snrDb) / 20) / Math.max(1e-6, rms(noise));
    for (let index = 0; index < samples.length; index++)
      samples[index] = (samples[index] as number) + gain * (noise[index] as number);
  }
  for (let click = 0; click < channel.clicks; click++) {
    const at = Math.floor(random.unit() * (samples.length - 40));
    for (let offset = 0; offset < 24; offset++)
      samples[at + offset] = 0.4 * (random.unit() - 0.5) * (1 - offset / 24);
  }
  const packet = samplesOf(20);
  for (let at = 0; at < samples.length; at += packet)
    if (random.unit() < channel.lossShare) samples.fill(0, at, at + packet);
  const pcm = toInt16(samples);
  return channel.codec === "PCMU" ? pcm.map(throughMuLaw) : pcm.map(throughALaw);
}

function makeNoise(
  kind: NoiseKind,
  length: number,
  random: Random,
  babble: readonly Float32Array[],
): Float32Array {
  const noise = new Float32Array(length);
  if (kind === "babble") {
    for (let talker = 0; talker < 6; talker++) {
      const clip = babble[Math.floor(random.unit() * babble.length)] as Float32Array;
      const gain = 1 / Math.max(1e-4, activeRms(clip));
      let at = Math.floor(random.unit() * clip.length);
      for (let index = 0; index < length; index++) {
        noise[index] = (noise[index] as number) + gain * (clip[at] as number);
        if (++at === clip.length) at = 0;
      }
    }
    return noise;
  }
  let slow = 0;
  let slower = 0;
  let slowest = 0;
  for (let index = 0; index < length; index++) {
    const white = 2 * random.unit() - 1;
    if (kind === "white") noise[index] = white;
    else if (kind === "pink") {
      // Three poles an octave or two apart fall off close to 3 dB per octave (Kellet).
      slow = 0.99765 * slow + white * 0.099;
      slower = 0.963 * slower + white * 0.2965;
      slowest = 0.57 * slowest + white * 1.0527;
      noise[index] = slow + slower + slowest + white * 0.1848;
    } else {
      slow = 0.97 * slow + 0.03 * white;
      noise[index] = slow * 6 + 0.02 * white + 0.05 * Math.sin((2 * Math.PI * 98 * index) / RATE);
    }
  }
  return noise;
}

/** Companding to ITU-T G.711 and back, by its continuous law: the error is what matters here. */
function throughMuLaw(sample: number): number {
  const x = sample / 32_768;
  const compressed = (Math.sign(x) * Math.log1p(255 * Math.abs(x))) / Math.log(256);
  const coded = Math.round(compressed * 127) / 127;
  return Math.round(((Math.sign(coded) * (256 ** Math.abs(coded) - 1)) / 255) * 32_767);
}

function throughALaw(sample: number): number {
  const a = 87.6;
  const scale = 1 + Math.log(a);
  const x = Math.abs(sample / 32_768);
  const compressed = x < 1 / a ? (a * x) / scale : (1 + Math.log(a * x)) / scale;
  const coded = Math.round(compressed * 127) / 127;
  const y = coded < 1 / scale ? (coded * scale) / a : Math.exp(coded * scale - 1) / a;
  return Math.round(Math.sign(sample) * Math.min(1, y) * 32_767);
}
