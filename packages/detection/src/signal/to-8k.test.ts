import { expect, it } from "vitest";
import { To8k } from "./to-8k.js";

function converted(samples: Int16Array, sampleRate: number, portionMs: number): number[] {
  const converter = new To8k(sampleRate);
  const all: number[] = [];
  const portion = Math.round((sampleRate * portionMs) / 1_000);
  for (let at = 0; at < samples.length; at += portion) {
    const count = converter.convert(samples.subarray(at, at + portion));
    all.push(...converter.output.subarray(0, count));
  }
  return all;
}

it.each([11_025, 16_000, 22_050, 44_100, 48_000])(
  "makes the same of audio at %i Hz in whatever portions it comes",
  (sampleRate) => {
    const sine = (hz: number, index: number) => Math.sin((2 * Math.PI * hz * index) / sampleRate);
    const samples = Int16Array.from({ length: sampleRate }, (_, index) => 8_000 * sine(500, index));
    const short = converted(samples, sampleRate, 10);
    for (const portionMs of [100, 200, 1_000])
      expect(converted(samples, sampleRate, portionMs), `${portionMs} ms`).toEqual(short);
    // A click would stand out of the sine.
    const steps = short
      .slice(200, -200)
      .map((sample, index, all) => sample - (all[index - 1] ?? sample));
    expect(Math.max(...steps.map(Math.abs))).toBeLessThan(3_300);
  },
);

it("clips what the filter makes of the loudest audio instead of wrapping it", () => {
  const square = Int16Array.from({ length: 16_000 }, (_, index) =>
    index % 32 < 16 ? 32_767 : -32_768,
  );
  const loud = converted(square, 16_000, 20).slice(100);
  const signs = loud.map((sample) => Math.sign(sample));
  const changes = signs.filter((sign, index) => index > 0 && sign !== signs[index - 1]).length;
  expect(changes).toBeLessThanOrEqual(Math.ceil(loud.length / 8) + 1);
});
