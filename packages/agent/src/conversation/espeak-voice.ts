import { spawn } from "node:child_process";
import { type AudioFrame, OffhookError } from "@offhook/session";
import type { Voice } from "./ports.js";
import { WavStream } from "./wav-stream.js";

export interface EspeakVoiceOptions {
  /** As `espeak-ng --voices` lists them. Default `en-us`. */
  readonly voice?: string;
  /** Default 165. */
  readonly wordsPerMinute?: number;
  /** The program to run. Default `espeak-ng`. */
  readonly command?: string;
}

/**
 * Speaks with espeak-ng, a synthesiser that runs offline: a child process per sentence, read as it
 * speaks. Throws VOICE_FAILED when it is not installed or fails.
 */
export function espeakVoice(options: EspeakVoiceOptions = {}): Voice {
  const { voice = "en-us", wordsPerMinute = 165, command = "espeak-ng" } = options;
  return {
    async *speak(text, { clock, signal }) {
      // The text goes in by stdin: as an argument it could be taken for an option.
      const args = ["-v", voice, "-s", String(wordsPerMinute), "-b", "1", "--stdin", "--stdout"];
      const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"], signal });
      const exited = new Promise<number>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => resolve(code ?? 0));
      });
      exited.catch(() => {});
      child.stdin.on("error", () => {}).end(text);
      const wav = new WavStream();
      const chunks: AsyncIterator<Buffer> = child.stdout[Symbol.asyncIterator]();
      try {
        for (;;) {
          const chunk = await clock.holdWhile(chunks.next());
          if (chunk.done) break;
          const frame: AudioFrame | undefined = wav.add(chunk.value);
          if (frame) yield frame;
        }
        const code = await clock.holdWhile(exited);
        if (code !== 0) throw failed(command, `it exited with ${code}`);
      } catch (thrown) {
        if (signal.aborted) return;
        throw thrown instanceof OffhookError ? thrown : failed(command, String(thrown));
      } finally {
        child.kill();
      }
    },
  };
}

/** Whether the program can be run. */
export async function espeakInstalled(command = "espeak-ng"): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, ["--version"], { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
}

function failed(command: string, how: string): OffhookError {
  return new OffhookError("VOICE_FAILED", `${command} did not speak: ${how}.`, {
    remedy: "Install espeak-ng (Debian, Ubuntu: apt install espeak-ng), or use another voice.",
  });
}
