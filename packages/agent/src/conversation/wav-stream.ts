import { type AudioFrame, OffhookError } from "@offhook/session";

/** The longest header that a program writes before its samples. */
const MAX_HEADER_BYTES = 4_096;

/** Reads a WAV of 16-bit mono PCM that is still being written, whose lengths mean nothing yet. */
export class WavStream {
  #pending = Buffer.alloc(0);
  #sampleRate = 0;

  /** Takes bytes; returns the whole samples that they complete. Throws INVALID_AUDIO. */
  add(bytes: Buffer): AudioFrame | undefined {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (this.#sampleRate === 0 && !this.#readHeader()) return undefined;
    const count = this.#pending.length >> 1;
    if (count === 0) return undefined;
    const data = new Int16Array(count);
    for (let index = 0; index < count; index++) data[index] = this.#pending.readInt16LE(index * 2);
    this.#pending = this.#pending.subarray(count * 2);
    return { data, sampleRate: this.#sampleRate, channels: 1, samplesPerChannel: count };
  }

  /** Chunks up to `data` (RIFF); false while the header is not complete. */
  #readHeader(): boolean {
    const header = this.#pending;
    let sampleRate = 0;
    for (let at = 12; at + 8 <= header.length; ) {
      const id = header.toString("latin1", at, at + 4);
      if (id === "data") {
        if (sampleRate === 0) break;
        this.#sampleRate = sampleRate;
        this.#pending = header.subarray(at + 8);
        return true;
      }
      if (id === "fmt ") {
        if (at + 24 > header.length) return false;
        sampleRate = pcmRate(header, at + 8);
      }
      at += 8 + header.readUInt32LE(at + 4);
    }
    if (header.length > MAX_HEADER_BYTES) throw invalid("its header has no data chunk");
    return false;
  }
}

function pcmRate(header: Buffer, at: number): number {
  const [format, channels] = [header.readUInt16LE(at), header.readUInt16LE(at + 2)];
  const bits = header.readUInt16LE(at + 14);
  if (format === 1 && channels === 1 && bits === 16) return header.readUInt32LE(at + 4);
  throw invalid(`it is format ${format} with ${channels} channels of ${bits} bits`);
}

function invalid(why: string): OffhookError {
  return new OffhookError("INVALID_AUDIO", `The WAV stream cannot be read: ${why}.`, {
    remedy: "Write 16-bit mono PCM.",
  });
}
