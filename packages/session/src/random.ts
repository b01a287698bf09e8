import { randomBytes } from "node:crypto";

/** Where ids and chance come from. Injected, so that a test can repeat itself. */
export interface Random {
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string;
  /** Uniform in [0, 1). */
  unit(): number;
}

/** The operating system's randomness, drawn in pools: a call alone needs a dozen ids. */
export function systemRandom(): Random {
  let pool = Buffer.alloc(0);
  let at = 0;
  const take = (bytes: number): Buffer => {
    if (bytes > POOL_BYTES) return randomBytes(bytes);
    if (at + bytes > pool.length) {
      pool = randomBytes(POOL_BYTES);
      at = 0;
    }
    at += bytes;
    return pool.subarray(at - bytes, at);
  };
  return {
    hex: (bytes) => take(bytes).toString("hex"),
    unit: () => take(4).readUInt32BE(0) / 0x1_0000_0000,
  };
}

const POOL_BYTES = 4_096;

/** The same sequence for the same seed (mulberry32). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return {
    unit,
    hex: (bytes) =>
      Array.from({ length: bytes }, () =>
        Math.floor(unit() * 256)
          .toString(16)
          .padStart(2, "0"),
      ).join(""),
  };
}
