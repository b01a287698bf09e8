import { randomBytes } from "node:crypto";

/** Where ids and chance come from. Injected, so that a test can repeat itself. */
export interface Random {
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string;
  /** Uniform in [0, 1). */
  unit(): number;
}

export function systemRandom(): Random {
  return {
    hex: (bytes) => randomBytes(bytes).toString("hex"),
    unit: () => randomBytes(4).readUInt32BE(0) / 0x1_0000_0000,
  };
}

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
