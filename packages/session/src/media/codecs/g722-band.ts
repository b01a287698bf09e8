/** What tells the two sub-bands apart (G.722 clause 3 and its tables). */
interface BandTables {
  /** Step size at the beginning. */
  readonly firstStep: number;
  /** Decision levels in 4096ths of the step size; a sample above the n-th has magnitude n. */
  readonly levels: readonly number[];
  /** Code words by magnitude. */
  readonly negativeCodes: readonly number[];
  readonly positiveCodes: readonly number[];
  /** What a code word is worth to the listener, in 32768ths of the step size. */
  readonly outputs: readonly number[];
  /** Bits of the code word that the predictor does not look at. */
  readonly droppedBits: number;
  /** What the kept bits are worth to the predictor. */
  readonly predictorOutputs: readonly number[];
  /** How the kept bits change the logarithmic step size. */
  readonly stepChanges: readonly number[];
  readonly maxLogStep: number;
  readonly logStepShift: number;
}

const LOW_LEVELS = [
  35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
  1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
const LOW_OUTPUT_MAGNITUDES = [
  24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000,
  5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728,
];
const LOW_PREDICTOR_MAGNITUDES = [20456, 12896, 8968, 6288, 4240, 2584, 1200];
const LOW_STEP_CHANGES = [-60, 3042, 1198, 538, 334, 172, 58, -30];

/** 0 to 4 kHz: six bits, of which the upper four drive the adaptation. */
export const LOW_BAND: BandTables = {
  firstStep: 32,
  levels: LOW_LEVELS,
  negativeCodes: [63, 62, ...descending(31, 4)],
  positiveCodes: descending(61, 32),
  outputs: [
    ...[-136, -136, -136, -136],
    ...LOW_OUTPUT_MAGNITUDES.map((value) => -value),
    ...LOW_OUTPUT_MAGNITUDES,
    ...[432, 136, -432, -136],
  ],
  droppedBits: 2,
  predictorOutputs: [
    0,
    ...LOW_PREDICTOR_MAGNITUDES.map((value) => -value),
    ...LOW_PREDICTOR_MAGNITUDES,
    0,
  ],
  stepChanges: [...LOW_STEP_CHANGES, ...LOW_STEP_CHANGES.slice(1), -60],
  maxLogStep: 18_432,
  logStepShift: 8,
};

/** 4 to 8 kHz: two bits. */
export const HIGH_BAND: BandTables = {
  firstStep: 8,
  levels: [564],
  negativeCodes: [1, 0],
  positiveCodes: [3, 2],
  outputs: [-7408, -1616, 7408, 1616],
  droppedBits: 0,
  predictorOutputs: [-7408, -1616, 7408, 1616],
  stepChanges: [798, -214, 798, -214],
  maxLogStep: 22_528,
  logStepShift: 10,
};

/** 2^(n/32) in 2048ths (G.722 table 15). */
const POWERS = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
  2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];

/** One sub-band's adaptive quantiser and predictor; the same in coder and decoder. */
export class G722Band {
  private readonly tables: BandTables;
  private step: number;
  private logStep = 0;
  /** Predicted signal, and the part of it that comes from the zeros. */
  private predicted = 0;
  private zeroPart = 0;
  /** The last two of the reconstructed signal, and of the partially reconstructed one. */
  private rebuilt1 = 0;
  private rebuilt2 = 0;
  private partial1 = 0;
  private partial2 = 0;
  private pole1 = 0;
  private pole2 = 0;
  private readonly zeros = new Int32Array(6);
  private readonly differences = new Int32Array(6);

  constructor(tables: BandTables) {
    this.tables = tables;
    this.step = tables.firstStep;
  }

  encode(sample: number): number {
    const { levels, negativeCodes, positiveCodes } = this.tables;
    const error = saturate(sample - this.predicted);
    const magnitude = error >= 0 ? error : ~error;
    let level = 0;
    while (level < levels.length && magnitude >= ((levels[level] ?? 0) * this.step) >> 12) level++;
    const code = (error < 0 ? negativeCodes : positiveCodes)[level] ?? 0;
    this.adapt(code);
    return code;
  }

  decode(code: number): number {
    const difference = (this.step * (this.tables.outputs[code] ?? 0)) >> 15;
    const sample = Math.max(-16_384, Math.min(16_383, this.predicted + difference));
    this.adapt(code);
    return sample;
  }

  /** Takes over all that another one for the same sub-band has learnt. */
  becomeLike(other: G722Band): void {
    this.step = other.step;
    this.logStep = other.logStep;
    this.predicted = other.predicted;
    this.zeroPart = other.zeroPart;
    this.rebuilt1 = other.rebuilt1;
    this.rebuilt2 = other.rebuilt2;
    this.partial1 = other.partial1;
    this.partial2 = other.partial2;
    this.pole1 = other.pole1;
    this.pole2 = other.pole2;
    this.zeros.set(other.zeros);
    this.differences.set(other.differences);
  }

  /** Leaves only a part of the predictor's zeros, 0 to 1. */
  weaken(part: number): void {
    for (const [index, zero] of this.zeros.entries()) this.zeros[index] = Math.round(zero * part);
  }

  private adapt(code: number): void {
    const { predictorOutputs, stepChanges, maxLogStep, logStepShift, droppedBits } = this.tables;
    const kept = code >> droppedBits;
    const difference = (this.step * (predictorOutputs[kept] ?? 0)) >> 15;
    const logStep = ((this.logStep * 127) >> 7) + (stepChanges[kept] ?? 0);
    this.logStep = Math.max(0, Math.min(maxLogStep, logStep));
    const shift = logStepShift - (this.logStep >> 11);
    const power = POWERS[(this.logStep >> 6) & 31] ?? 0;
    this.step = (shift < 0 ? power << -shift : power >> shift) << 2;
    this.predict(difference);
  }

  /** G.722 block 4. */
  private predict(difference: number): void {
    const rebuilt = saturate(this.predicted + difference);
    const partial = saturate(this.zeroPart + difference);
    this.adaptPoles(partial);
    const zeroPart = this.adaptZeros(difference);
    this.rebuilt2 = this.rebuilt1;
    this.rebuilt1 = rebuilt;
    this.partial2 = this.partial1;
    this.partial1 = partial;
    const polePart = saturate(
      ((this.pole1 * saturate(2 * this.rebuilt1)) >> 15) +
        ((this.pole2 * saturate(2 * this.rebuilt2)) >> 15),
    );
    this.zeroPart = zeroPart;
    this.predicted = saturate(polePart + zeroPart);
  }

  private adaptPoles(partial: number): void {
    const sameAsLast = partial < 0 === this.partial1 < 0;
    const sameAsOlder = partial < 0 === this.partial2 < 0;
    const quadrupled = saturate(this.pole1 * 4);
    const towards = Math.min(32_767, sameAsLast ? -quadrupled : quadrupled);
    const pole2 = (towards >> 7) + (sameAsOlder ? 128 : -128) + ((this.pole2 * 32_512) >> 15);
    this.pole2 = Math.max(-12_288, Math.min(12_288, pole2));
    const pole1 = saturate((sameAsLast ? 192 : -192) + ((this.pole1 * 32_640) >> 15));
    const limit = saturate(15_360 - this.pole2);
    this.pole1 = Math.max(-limit, Math.min(limit, pole1));
  }

  /** Adapts the six zeros, moves the differences on, and returns the zeros' prediction. */
  private adaptZeros(difference: number): number {
    const { zeros, differences } = this;
    const change = difference === 0 ? 0 : 128;
    for (let index = 0; index < 6; index++) {
      const same = difference < 0 === (differences[index] ?? 0) < 0;
      const leaked = ((zeros[index] ?? 0) * 32_640) >> 15;
      zeros[index] = saturate((same ? change : -change) + leaked);
    }
    differences.copyWithin(1, 0, 5);
    differences[0] = difference;
    let sum = 0;
    for (let index = 5; index >= 0; index--) {
      sum += ((zeros[index] ?? 0) * saturate(2 * (differences[index] ?? 0))) >> 15;
    }
    return saturate(sum);
  }
}

function descending(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, index) => from - index);
}

function saturate(value: number): number {
  return value > 32_767 ? 32_767 : Math.max(value, -32_768);
}
