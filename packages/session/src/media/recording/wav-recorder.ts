import { open } from "node:fs/promises";
import { WAV_HEADER_BYTES, wavHeader } from "./wav.js";

/** Audio is written in pieces of this much, and the header is set right after each. */
const PIECE_MS = 1_000;
/** Sample counts are 32 bits of bytes in a WAV file. */
const MAX_DATA_BYTES = 0xffff_ffff - WAV_HEADER_BYTES;

/** What a recording is written to: a file, or what tests put in its place. */
export interface RecordingFile {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  close(): Promise<void>;
}

export interface RecordingOptions {
  /** Told once when the file can no longer be written: it stays valid up to there. */
  readonly onFailure?: (error: unknown) => void;
  /** No more audio than this fits into the file. Default: what a WAV header can count. */
  readonly maxDataBytes?: number;
  /** Makes a new file, and refuses where one is. */
  readonly openFile?: (path: string) => Promise<RecordingFile>;
}

/**
 * A stereo WAV file that grows while the call goes on: caller left, agent right. After each piece
 * the header says how much there is, so that the file is valid whenever the process should die.
 */
export class WavRecorder {
  private readonly file: RecordingFile;
  private readonly sampleRate: number;
  private piece: Int16Array;
  private filled = 0;
  private writtenBytes = 0;
  private isPaused = false;
  private isFull = false;
  private writing: Promise<void> = Promise.resolve();
  private failure: unknown;
  private readonly onFailure: (error: unknown) => void;
  private readonly maxDataBytes: number;

  private constructor(
    file: RecordingFile,
    sampleRate: number,
    { onFailure = () => {}, maxDataBytes = MAX_DATA_BYTES }: RecordingOptions,
  ) {
    this.file = file;
    this.sampleRate = sampleRate;
    this.onFailure = onFailure;
    this.maxDataBytes = maxDataBytes;
    this.piece = this.newPiece();
  }

  /** Rejects with the file system's error when the file cannot be made; an existing one is kept. */
  static async create(
    path: string,
    sampleRate: number,
    options: RecordingOptions = {},
  ): Promise<WavRecorder> {
    const { openFile = (name) => open(name, "wx") } = options;
    const file = await openFile(path);
    const recorder = new WavRecorder(file, sampleRate, options);
    try {
      await recorder.writeHeader();
    } catch (error) {
      await file.close();
      throw error;
    }
    return recorder;
  }

  get recordedMs(): number {
    return (this.writtenBytes / 4 + this.filled / 2) / (this.sampleRate / 1000);
  }

  /** Adds what was heard and said in the same stretch of time; ignored while paused. */
  add(caller: Int16Array, agent: Int16Array): void {
    if (this.isPaused || this.isFull || this.failure !== undefined) return;
    for (let index = 0; index < caller.length; index++) {
      this.piece[this.filled] = caller[index] ?? 0;
      this.piece[this.filled + 1] = agent[index] ?? 0;
      this.filled += 2;
      if (this.filled === this.piece.length) this.flush();
    }
  }

  /** Nothing is recorded until `resume`, not even silence: what must not be kept leaves no trace. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  /** Writes the rest. Rejects with the first error of the file system. */
  async close(): Promise<{ readonly durationMs: number }> {
    this.flush();
    await this.writing;
    await this.file.close();
    if (this.failure !== undefined) throw this.failure;
    return { durationMs: this.recordedMs };
  }

  private flush(): void {
    const bytes = Buffer.from(this.piece.buffer, 0, this.filled * 2);
    const at = WAV_HEADER_BYTES + this.writtenBytes;
    if (bytes.length === 0) return;
    this.piece = this.newPiece();
    this.filled = 0;
    if (this.writtenBytes + bytes.length > this.maxDataBytes) {
      this.isFull = true;
      // After what is still to be written.
      this.writing = this.writing.then(() => this.fail(new Error("a WAV file holds no more")));
      return;
    }
    this.writtenBytes += bytes.length;
    const write = async () => {
      if (this.failure !== undefined) return;
      try {
        await this.writeWhole(bytes, at);
        await this.writeHeader(at + bytes.length - WAV_HEADER_BYTES);
      } catch (error) {
        this.fail(error);
      }
    };
    this.writing = this.writing.then(write);
  }

  private fail(error: unknown): void {
    this.failure = error;
    this.onFailure(error);
  }

  private async writeHeader(dataBytes = 0): Promise<void> {
    const header = wavHeader({ sampleRate: this.sampleRate, channels: 2, dataBytes });
    await this.writeWhole(header, 0);
  }

  /** A disk that is nearly full takes a part, and refuses the rest the next time. */
  private async writeWhole(bytes: Uint8Array, at: number): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.file.write(
        bytes,
        written,
        bytes.length - written,
        at + written,
      );
      written += bytesWritten;
    }
  }

  private newPiece(): Int16Array {
    return new Int16Array((2 * this.sampleRate * PIECE_MS) / 1000);
  }
}
