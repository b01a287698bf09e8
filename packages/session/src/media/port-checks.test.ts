import { describe, expect, it } from "vitest";
import type { AudioFrame } from "../vocabulary.js";
import { checkBackground, checkDigits, checkPlayable } from "./port-checks.js";

const format = { sampleRate: 8000, channels: 1 } as const;
const fine = { data: new Int16Array(160), sampleRate: 8000, channels: 1, samplesPerChannel: 160 };
/** What plain JavaScript may hand over, whatever the types say. */
const any = <T>(value: unknown) => value as T;

describe("what is asked of a port", () => {
  it.each([
    undefined,
    null,
    7,
    "audio",
    {},
    new Int16Array(160),
    { ...fine, data: new Uint8Array(160) },
    { ...fine, data: Buffer.alloc(320) },
    { ...fine, sampleRate: 16_000 },
    { ...fine, channels: 2 },
    { ...fine, samplesPerChannel: 80 },
    { ...fine, sampleRate: Number.NaN },
  ])("is refused as INVALID_AUDIO where it is no frame of its format: %o", (frame) => {
    expect(checkPlayable(any<AudioFrame>(frame), format)).toMatchObject({
      code: "INVALID_AUDIO",
      remedy: expect.any(String),
    });
  });

  it("is taken where it is one, be it empty", () => {
    expect(checkPlayable(fine, format)).toBeUndefined();
    const empty = { ...fine, data: new Int16Array(0), samplesPerChannel: 0 };
    expect(checkPlayable(empty, format)).toBeUndefined();
  });

  it.each([
    [undefined, 160, 80],
    [12, 160, 80],
    [["1"], 160, 80],
    ["", 160, 80],
    ["1 2", 160, 80],
    ["1", 39, 80],
    ["1", 6_001, 80],
    ["1", Number.NaN, 80],
    ["1", 160, 39],
    ["1", 160, Number.POSITIVE_INFINITY],
  ])(
    "is refused as INVALID_OPTION where it is no digits: %o for %d ms, %d ms apart",
    (digits, durationMs, gapMs) => {
      expect(checkDigits(any<string>(digits), { durationMs, gapMs })).toMatchObject({
        code: "INVALID_OPTION",
      });
    },
  );

  it.each([
    [new Uint8Array(4), -20],
    [[1, 2], -20],
    [new Int16Array(4), Number.NaN],
    [new Int16Array(4), 21],
  ])("is refused as INVALID_AUDIO where it is no background: %o at %d dB", (samples, gainDb) => {
    expect(checkBackground(any<Int16Array>(samples), gainDb)).toMatchObject({
      code: "INVALID_AUDIO",
    });
    expect(checkBackground(undefined, -20)).toBeUndefined();
    expect(checkBackground(new Int16Array(4), 0)).toBeUndefined();
  });
});
