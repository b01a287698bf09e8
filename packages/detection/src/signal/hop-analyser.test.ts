import { expect, it } from "vitest";
import { join, silence, speech } from "../test-support/synthetic-speech.js";
import { HOP_SAMPLES } from "./heard-audio.js";
import { HopAnalyser } from "./hop-analyser.js";
import { PowerSpectrum } from "./power-spectrum.js";

function hear(analyser: HopAnalyser, samples: Int16Array): void {
  for (let at = 0; at < samples.length; )
    at = analyser.take(samples, at, Math.min(samples.length, at + HOP_SAMPLES));
}

it("hears nothing in digital silence, and what comes after it as if nothing had come before", () => {
  const [used, fresh] = [
    new HopAnalyser(new PowerSpectrum()),
    new HopAnalyser(new PowerSpectrum()),
  ];
  hear(used, join(speech(400), silence(3_000)));
  expect(used.hop.levelDb).toBe(-100);
  expect(used.hop.spectrum.every((power) => power === 0)).toBe(true);
  const word = speech(60, 2);
  hear(used, word);
  hear(fresh, word);
  expect([...used.hop.spectrum]).toEqual([...fresh.hop.spectrum]);
  expect(used.hop.levelDb).toBe(fresh.hop.levelDb);
});

it("takes samples in any portions alike, in memory that others use in between", () => {
  const samples = speech(400, 3);
  const spectrum = new PowerSpectrum();
  const [whole, odd] = [new HopAnalyser(spectrum), new HopAnalyser(spectrum)];
  const hops: [number, number][] = [];
  for (let at = 0; at < samples.length; ) {
    at = whole.take(samples, at, samples.length);
    hops.push([whole.hop.levelDb, whole.hop.peakHz]);
  }
  let heard = 0;
  for (let at = 0, step = 1; at < samples.length; step = (step * 7) % 31) {
    at = odd.take(samples, at, Math.min(samples.length, at + step));
    // The other one's, in the memory that they share.
    spectrum.window.fill(1);
    if (!odd.hopComplete) continue;
    const [levelDb = 0, peakHz = 0] = hops[heard++] ?? [];
    expect(odd.hop.levelDb).toBeCloseTo(levelDb, 6);
    expect(odd.hop.peakHz).toBeCloseTo(peakHz, 3);
  }
  expect(heard).toBe(20);
});
