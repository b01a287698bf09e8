/** ITU-T G.711: 8,000 samples per second, one byte each. */
export type G711Law = "mu" | "a";

const MU_LAW_BIAS = 0x84;
const MU_LAW_CLIP = 32_635;
/** Even bits are inverted on the line (G.711 table 1a, note 2). */
const A_LAW_INVERSION = 0x55;

const muDecode = Int16Array.from({ length: 256 }, (_, code) => expandMu(code));
const aDecode = Int16Array.from({ length: 256 }, (_, code) => expandA(code));
/** Indexed by the sample as an unsigned 16-bit number. */
const muEncode = Uint8Array.from({ length: 65_536 }, (_, bits) => compressMu((bits << 16) >> 16));
const aEncode = Uint8Array.from({ length: 65_536 }, (_, bits) => compressA((bits << 16) >> 16));

/** Writes one byte per sample to `into`, from `at` on; returns how many. */
export function encodeG711(law: G711Law, samples: Int16Array, into: Uint8Array, at = 0): number {
  const table = law === "mu" ? muEncode : aEncode;
  for (let index = 0; index < samples.length; index++) {
    into[at + index] = table[(samples[index] ?? 0) & 0xffff] ?? 0;
  }
  return samples.length;
}

/** Writes one sample per byte to `into`; returns how many. */
export function decodeG711(law: G711Law, bytes: Uint8Array, into: Int16Array): number {
  const table = law === "mu" ? muDecode : aDecode;
  for (let index = 0; index < bytes.length; index++) {
    into[index] = table[bytes[index] ?? 0] ?? 0;
  }
  return bytes.length;
}

function expandMu(code: number): number {
  const inverted = ~code & 0xff;
  const exponent = (inverted >> 4) & 7;
  const magnitude = ((((inverted & 0x0f) << 3) + MU_LAW_BIAS) << exponent) - MU_LAW_BIAS;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function compressMu(sample: number): number {
  const negative = sample < 0;
  const magnitude = Math.min(Math.abs(sample), MU_LAW_CLIP) + MU_LAW_BIAS;
  const exponent = 24 - Math.clz32(magnitude);
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~((negative ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

function expandA(code: number): number {
  const plain = code ^ A_LAW_INVERSION;
  const exponent = (plain >> 4) & 7;
  const mantissa = ((plain & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return plain & 0x80 ? magnitude : -magnitude;
}

function compressA(sample: number): number {
  // One's complement, so that −1 falls into the smallest negative step as G.711 has it.
  const magnitude = sample < 0 ? ~sample : sample;
  const exponent = magnitude < 0x100 ? 0 : 24 - Math.clz32(magnitude);
  const mantissa = exponent === 0 ? magnitude >> 4 : (magnitude >> (exponent + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ A_LAW_INVERSION;
}
