/**
 * Room for samples, which grows with what is asked of it. The same part of it is the same view each
 * time: most packets of a call are alike, and a view for each would be more to clear away than the
 * packet.
 */
export class SampleRoom {
  private samples: Int16Array;
  private lastView: Int16Array;

  constructor(usual: number) {
    this.samples = new Int16Array(usual);
    this.lastView = this.samples;
  }

  get all(): Int16Array {
    return this.samples;
  }

  /** All of it, and at least `count`; what was in it stays. */
  atLeast(count: number): Int16Array {
    if (count > this.samples.length) {
      const larger = new Int16Array(2 * count);
      larger.set(this.samples);
      this.samples = larger;
      this.lastView = larger;
    }
    return this.samples;
  }

  /** The first `count`, of no more than there is room for. */
  first(count: number): Int16Array {
    if (this.lastView.length !== count) this.lastView = this.samples.subarray(0, count);
    return this.lastView;
  }
}
