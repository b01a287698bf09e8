import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { resample } from "../../../packages/session/src/media/codecs/resample.js";
import { DtmfDetector } from "../../../packages/session/src/media/receive/dtmf-detector.js";
import { readWav } from "../../../packages/session/src/media/recording/wav.js";

const folder = mkdtempSync(join(tmpdir(), "offhook-talk-off-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const VOICES = ["en-us", "en-gb", "de", "fr", "es", "it", "pt", "ru", "nl", "pl", "sv", "tr"];
/** Men, women, a whisper and a croak. */
const VARIANTS = ["m3", "f2", "f4", "whisper", "croak"];
const TEXT = [
  "You have reached the office. Nobody is here to take your call at the moment.",
  "For sales press one, for support press two, for anything else stay on the line.",
  "Zero, one, two, three, four, five, six, seven, eight, nine, star, pound.",
  "Please leave your name, your number and a short message after the tone.",
  "We will be with you shortly. Your call is important to us, and will be answered in turn.",
].join(" ");
const SECONDS_EACH = 60;

it("hears no digit in an hour of speech", { timeout: 200_000 }, () => {
  const digits: string[] = [];
  let seconds = 0;
  const file = join(folder, "speech.wav");
  for (const voice of VOICES)
    for (const [index, variant] of VARIANTS.entries()) {
      const speed = String(130 + 15 * index);
      const said = Array.from({ length: 4 }, () => TEXT).join(" ");
      execFileSync("espeak-ng", ["-v", `${voice}+${variant}`, "-s", speed, "-w", file, said]);
      const { samples, sampleRate } = readWav(readFileSync(file));
      const audio = loud(resample(samples, sampleRate, 8_000)).subarray(0, SECONDS_EACH * 8_000);
      const detector = new DtmfDetector(8_000, ({ digit }) =>
        digits.push(`${digit} by ${voice}+${variant}`),
      );
      detector.hear(audio);
      detector.hear(new Int16Array(800));
      seconds += audio.length / 8_000;
    }
  console.log(`${digits.length} digits heard in ${(seconds / 60).toFixed(0)} minutes of speech`);
  expect(seconds).toBeGreaterThan(3_500);
  expect(digits).toEqual([]);
});

/** As loud as it goes: quiet speech is easy. */
function loud(samples: Int16Array): Int16Array {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
  return samples.map((sample) => (sample * 32_000) / peak);
}
