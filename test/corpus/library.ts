import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { msOf, trim } from "./pcm.js";
import { PARTS, type Part, PHRASES } from "./phrases.js";

const run = promisify(execFile);

export type Split = "train" | "test";

export interface Clip {
  readonly voice: string;
  readonly split: Split;
  /** What is said; `prompt` for recorded prompts, whose words do not matter. */
  readonly part: Part | "prompt" | "music";
  readonly name: string;
  readonly durationMs: number;
  readonly samples: Float32Array;
}

/** Recorded human voices, each wholly in one half. */
const RECORDED: Readonly<Record<string, Split>> = {
  en_US_f_Allison: "train",
  fr_CA_f_June: "train",
  it_IT_m_Carlo: "train",
  es: "train",
  es_MX_f_Allison: "test",
  it_IT_f_Menardi: "test",
  ru_RU_f_IvrvoiceRU: "test",
  fr: "test",
};

/** Synthetic voices: espeak-ng voice, words per minute, pitch. Languages in both halves, voices in one. */
const SYNTHETIC: readonly (readonly [voice: string, rate: number, pitch: number, split: Split])[] =
  [
    ["en-us+m3", 165, 45, "train"],
    ["en-gb+f2", 155, 55, "train"],
    ["es+m1", 170, 40, "train"],
    ["fr+f4", 160, 50, "train"],
    ["de+m7", 150, 35, "train"],
    ["it+f1", 175, 60, "train"],
    ["pt-br+m4", 165, 50, "train"],
    ["nl+m2", 160, 50, "train"],
    ["en-029+m8", 140, 40, "train"],
    ["en-gb-scotland+f4", 185, 70, "train"],
    ["en-us+Annie", 150, 50, "train"],
    ["en-gb+Michael", 200, 45, "train"],
    ["es+f5", 195, 55, "train"],
    ["fr-be+m5", 145, 45, "train"],
    ["de+linda", 175, 55, "train"],
    ["pl+m3", 155, 45, "train"],
    ["pl+f2", 180, 60, "train"],
    ["tr+f3", 165, 55, "train"],
    ["sv+m8", 160, 40, "train"],
    ["id+m6", 185, 50, "train"],
    ["cmn+f1", 250, 55, "train"],
    ["en-us+f3", 175, 60, "test"],
    ["en-gb-x-rp+m5", 150, 35, "test"],
    ["es-419+f1", 180, 55, "test"],
    ["fr+m2", 170, 40, "test"],
    ["de+f5", 165, 60, "test"],
    ["it+m6", 155, 40, "test"],
    ["ru+m3", 160, 45, "test"],
    ["nl+f2", 170, 60, "test"],
  ];

const SOUNDS = "/usr/share/asterisk/sounds";
const MUSIC = "/usr/share/asterisk/moh";
const VERSION = 3;
const PROMPT_MS = { min: 250, max: 9_000 };

/** Where made audio is kept: outside git, never packaged. */
export const CACHE = join(dirname(fileURLToPath(import.meta.url)), "../../../.offhook/corpus");

/**
 * Every clip, made from Debian's prompt packages and espeak-ng on first use and cached. Throws when
 * the packages are not installed.
 */
export async function loadLibrary(cache = CACHE): Promise<readonly Clip[]> {
  const index = join(cache, `library-${fingerprint()}.json`);
  const audio = join(cache, `library-${fingerprint()}.raw`);
  if (!existsSync(index)) await build(cache, index, audio);
  const entries = JSON.parse(readFileSync(index, "utf8")) as (Omit<Clip, "samples"> & {
    at: number;
    length: number;
  })[];
  const bytes = readFileSync(audio);
  const pcm = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return entries.map(({ at, length, ...clip }) => ({
    ...clip,
    samples: Float32Array.from(pcm.subarray(at, at + length), (sample) => sample / 32_768),
  }));
}

function fingerprint(): string {
  return createHash("sha256")
    .update(JSON.stringify([VERSION, RECORDED, SYNTHETIC, PHRASES]))
    .digest("hex")
    .slice(0, 12);
}

interface Job {
  readonly clip: Omit<Clip, "samples" | "durationMs">;
  make(): Promise<Float32Array>;
}

async function build(cache: string, index: string, audio: string): Promise<void> {
  for (const folder of [SOUNDS, MUSIC])
    if (!existsSync(folder))
      throw new Error(
        `no prompts in ${folder}: apt-get install asterisk-core-sounds-{en,es,fr,it,ru}-wav ` +
          "asterisk-prompt-it-menardi-wav asterisk-prompt-es-co asterisk-prompt-fr-armelle " +
          "asterisk-moh-opsound-wav espeak-ng sox",
      );
  const jobs = [...recordedJobs(), ...syntheticJobs(), ...musicJobs()];
  const entries: object[] = [];
  const chunks: Int16Array[] = [];
  let at = 0;
  const made = await inParallel(jobs, async (job) => {
    const raw = await job.make();
    return job.clip.part === "music" ? raw : trim(raw);
  });
  for (const [number, samples] of made.entries()) {
    const clip = jobs[number]?.clip;
    const durationMs = msOf(samples.length);
    if (!clip || (clip.part === "prompt" && outside(durationMs))) continue;
    entries.push({ ...clip, durationMs, at, length: samples.length });
    chunks.push(Int16Array.from(samples, (sample) => sample * 32_768));
    at += samples.length;
  }
  mkdirSync(cache, { recursive: true });
  const all = new Int16Array(at);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  writeFileSync(audio, Buffer.from(all.buffer));
  writeFileSync(`${index}.part`, JSON.stringify(entries));
  renameSync(`${index}.part`, index);
}

function outside(durationMs: number): boolean {
  return durationMs < PROMPT_MS.min || durationMs > PROMPT_MS.max;
}

function recordedJobs(): Job[] {
  return Object.entries(RECORDED).flatMap(([voice, split]) =>
    filesIn(join(SOUNDS, voice)).map((file) => ({
      clip: { voice, split, part: "prompt" as const, name: file.replace(/\.(wav|gsm)$/, "") },
      make: () => decode(join(SOUNDS, voice, file)),
    })),
  );
}

/** Speech prompts of a folder and its digits; tones, music and silences stay out. */
function filesIn(folder: string): string[] {
  const usable = (name: string) =>
    /\.(wav|gsm)$/.test(name) &&
    !/beep|tone|silence|monkeys|weasels|confbridge-join|confbridge-leave\./.test(name);
  const digits = existsSync(join(folder, "digits")) ? readdirSync(join(folder, "digits")) : [];
  return [
    ...readdirSync(folder).filter(usable),
    ...digits.filter((name) => /^\d\.(wav|gsm)$/.test(name)).map((name) => `digits/${name}`),
  ].sort();
}

function syntheticJobs(): Job[] {
  return SYNTHETIC.flatMap(([voice, rate, pitch, split]) => {
    const phrases = PHRASES[voice.split(/[-+]/)[0] ?? ""];
    if (!phrases) return [];
    return PARTS.flatMap((part) =>
      phrases[part].map((text, number) => ({
        clip: { voice, split, part, name: `${part}-${number}` },
        make: () => speak(voice, rate, pitch, text),
      })),
    );
  });
}

/** The first minute of each piece; the last two pieces are kept for the test half. */
function musicJobs(): Job[] {
  const files = readdirSync(MUSIC)
    .filter((name) => name.endsWith(".wav"))
    .sort();
  return files.map((file, number) => ({
    clip: {
      voice: file,
      split: number < files.length - 2 ? ("train" as const) : ("test" as const),
      part: "music" as const,
      name: file,
    },
    make: async () => (await decode(join(MUSIC, file))).subarray(0, 8_000 * 60),
  }));
}

const TO_RAW = ["-t", "raw", "-r", "8000", "-c", "1", "-e", "signed-integer", "-b", "16", "-"];

async function decode(file: string): Promise<Float32Array> {
  const { stdout } = await run("sox", ["-R", "-D", file, ...TO_RAW], BINARY);
  return fromRaw(stdout);
}

async function speak(
  voice: string,
  rate: number,
  pitch: number,
  text: string,
): Promise<Float32Array> {
  const arguments_ = ["-v", voice, "-s", String(rate), "-p", String(pitch), "--stdout", text];
  const { stdout } = await run("espeak-ng", arguments_, BINARY);
  const child = run("sox", ["-R", "-D", "-t", "wav", "--ignore-length", "-", ...TO_RAW], BINARY);
  child.child.stdin?.end(stdout);
  return fromRaw((await child).stdout);
}

const BINARY = { encoding: "buffer" as const, maxBuffer: 64 * 1024 * 1024 };

function fromRaw(bytes: Buffer): Float32Array {
  const samples = new Float32Array(bytes.length >> 1);
  for (let index = 0; index < samples.length; index++)
    samples[index] = bytes.readInt16LE(index * 2) / 32_768;
  return samples;
}

async function inParallel<In, Out>(
  inputs: readonly In[],
  work: (input: In) => Promise<Out>,
): Promise<Out[]> {
  const results = new Array<Out>(inputs.length);
  let next = 0;
  const worker = async () => {
    while (next < inputs.length) {
      const mine = next++;
      results[mine] = await work(inputs[mine] as In);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
  return results;
}
