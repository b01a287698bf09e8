import { seededRandom } from "@offhook/session";
import type { Concealment } from "../../../packages/session/src/media/codecs/concealment.js";

const PACKET = 160;
/** What is before and after the packet belongs to what is heard of it. */
const MARGIN = PACKET / 4;
const AUDIBLE_RMS = 200;
const BANDS = 16;
/** So little that nobody hears it. */
const FLOOR = 1e4;

/** One lost packet, with a little of what is around it. */
export interface Loss {
  readonly said: Int16Array;
  readonly heard: Int16Array;
  /** Had nothing been done. */
  readonly silence: Int16Array;
}

/** Loses so many packets of the speech, by chance; those that held a pause are not told. */
export function lossesOf(speech: Int16Array, lossRate: number, concealment: Concealment): Loss[] {
  const random = seededRandom(1);
  const heard = new Int16Array(speech.length);
  const silenced = speech.slice();
  const lost: number[] = [];
  for (let at = 0; at + PACKET <= speech.length; at += PACKET) {
    const packet = speech.slice(at, at + PACKET);
    if (at === 0 || random.unit() >= lossRate) {
      concealment.heard(packet);
      heard.set(packet, at);
      continue;
    }
    concealment.conceal(heard.subarray(at, at + PACKET));
    silenced.fill(0, at, at + PACKET);
    if (rms(packet) > AUDIBLE_RMS) lost.push(at);
  }
  const around = (samples: Int16Array, at: number) =>
    samples.subarray(at - MARGIN, at + PACKET + MARGIN);
  return lost.map((at) => ({
    said: around(speech, at),
    heard: around(heard, at),
    silence: around(silenced, at),
  }));
}

/** How far the sound of each is from what was said, over the bands of a telephone line, on average. */
export function spectralDistanceDb(
  losses: readonly Loss[],
  of: (loss: Loss) => Int16Array,
): number {
  const distances = losses.map((loss) => {
    const [said, other] = [bandsDb(loss.said), bandsDb(of(loss))];
    const squares = said.map((level, band) => (level - (other[band] ?? 0)) ** 2);
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / BANDS);
  });
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}

function bandsDb(samples: Int16Array): number[] {
  const { length } = samples;
  const bins = length / 2;
  const bands = new Array<number>(BANDS).fill(FLOOR);
  for (let bin = 1; bin < bins; bin++) {
    let real = 0;
    let imaginary = 0;
    for (const [index, sample] of samples.entries()) {
      const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / length);
      real += window * sample * Math.cos((2 * Math.PI * bin * index) / length);
      imaginary += window * sample * Math.sin((2 * Math.PI * bin * index) / length);
    }
    const band = Math.floor((bin * BANDS) / bins);
    bands[band] = (bands[band] ?? 0) + real * real + imaginary * imaginary;
  }
  return bands.map((power) => 10 * Math.log10(power));
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}
