import { type Batch, type Report, ROW, ROW_LENGTH, type ThreadReport } from "./worker-protocol.js";

/** Gathers what is to be told to the main thread until the tick is over. Its arrays are given away with each batch. */
export class BatchWriter {
  private reports: (Report | ThreadReport)[] = [];
  private rows = new Float64Array(ROW_LENGTH);
  private rowsUsed = 0;
  private audio = new Int16Array(1);
  private audioUsed = 0;

  report(report: Report | ThreadReport): void {
    this.reports.push(report);
  }

  /** Room for one frame, to be confirmed by `row`. Valid until the next call. */
  frame(samples: number): Int16Array {
    if (this.audioUsed + samples > this.audio.length) {
      const larger = new Int16Array(Math.max(2 * this.audio.length, this.audioUsed + samples));
      larger.set(this.audio);
      this.audio = larger;
    }
    return this.audio.subarray(this.audioUsed, this.audioUsed + samples);
  }

  row(values: Readonly<Record<keyof typeof ROW, number>>): void {
    const at = this.rowsUsed * ROW_LENGTH;
    if (at + ROW_LENGTH > this.rows.length) {
      const larger = new Float64Array(2 * this.rows.length);
      larger.set(this.rows);
      this.rows = larger;
    }
    this.rows[at + ROW.leg] = values.leg;
    this.rows[at + ROW.atMs] = values.atMs;
    this.rows[at + ROW.samples] = values.samples;
    this.rows[at + ROW.written] = values.written;
    this.rows[at + ROW.queued] = values.queued;
    this.rows[at + ROW.clears] = values.clears;
    this.rowsUsed += 1;
    this.audioUsed += values.samples;
  }

  /** Hands everything to `post`, which may transfer the arrays; nothing when there is nothing. */
  flush(post: (batch: Batch, transfer: ArrayBuffer[]) => void): void {
    if (this.reports.length === 0 && this.rowsUsed === 0) return;
    const { reports, rowsUsed, audioUsed } = this;
    const rows = this.rows.slice(0, rowsUsed * ROW_LENGTH);
    const audio = this.audio.slice(0, audioUsed);
    this.reports = [];
    this.rowsUsed = 0;
    this.audioUsed = 0;
    post({ reports, rows, audio }, [rows.buffer, audio.buffer]);
  }
}
