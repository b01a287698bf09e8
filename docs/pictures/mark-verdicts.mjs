// Writes under a spectrogram what a detector says, at the moment it says it.
// node mark-verdicts.mjs FILE.wav PICTURE.png DETECTOR [early]
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { replayAudio } from "@offhook/detection/testing";
import { readWav } from "@offhook/session";

/** Where sox draws the time axis, in pixels, and what it draws on. */
const PLOT = { left: 58, width: 640, height: 227, paperWidth: 784, paper: "#ded9d1" };
const ROW = 18;
const CHARACTER = 7;

const [, , wav, picture, name, phase] = process.argv;
const { [name]: makeDetector } = await import("@offhook/detection");
const { samples, sampleRate } = readWav(readFileSync(wav));
const recordedMs = (samples.length * 1_000) / sampleRate;
const dialing = { type: "dialing", atMs: 0 };
const answer = { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false };
const answered = { type: "answered", atMs: 0, answer };
const { verdicts } = replayAudio({
  detectors: [makeDetector()],
  samples,
  sampleRate,
  signals: phase === "early" ? [dialing] : [dialing, answered],
  audioFromMs: 0,
  deadAir: false,
});

const rows = [];
const marks = verdicts
  .filter(({ atMs }) => atMs <= recordedMs)
  .map(({ atMs, label, kind, confidence, provisional }) => {
    const what = kind === undefined ? label : `${label} (${kind})`;
    const sure = `${Math.round(confidence * 100)} %${provisional ? "?" : ""}`;
    const words = `${what} ${sure} at ${(atMs / 1_000).toFixed(1)} s`;
    const x = Math.round(PLOT.left + (atMs / recordedMs) * PLOT.width);
    const width = words.length * CHARACTER;
    const textX = x + 6 + width < PLOT.paperWidth ? x + 6 : x - 8 - width;
    // In the first row where nothing is in the way.
    let row = rows.findIndex((until) => until < Math.min(x, textX));
    if (row < 0) row = rows.length;
    rows[row] = Math.max(x, textX + width) + 8;
    return { x, textX, row, words };
  });
const draw = marks.flatMap(({ x, textX, row, words }) => {
  const y = PLOT.height + row * ROW;
  return [
    ...["-stroke", "#0b6e3a", "-draw", `line ${x},50 ${x},${y + 8}`],
    ...["-stroke", "none", "-draw", `circle ${x},${y + 4} ${x + 3},${y + 4}`],
    ...["-draw", `text ${textX},${y + 8} '${words}'`],
  ];
});
execFileSync("convert", [
  ...[picture, "-background", PLOT.paper, "-gravity", "north"],
  ...["-extent", `${PLOT.paperWidth}x${PLOT.height + Math.max(1, rows.length) * ROW}`, "+gravity"],
  ...["-font", "DejaVu-Sans", "-pointsize", "12", "-fill", "#0b6e3a"],
  ...draw,
  ...["+dither", "-colors", "64", "-strip", picture],
]);
