import type { Hop, TalkLevels } from "./heard-audio.js";
import { LevelHistory } from "./level-history.js";

/** Half a minute of talk: what was said before that counts less and less. */
const REMEMBERED_HOPS = 1_500;
/** Levels are smoothed over about this many steps: syllables, not their parts. */
const SMOOTHED_HOPS = 8;
/** The loud parts of the talk, and what most of it reaches. */
const LOUD_SHARE = 0.95;
const MOST_SHARE = 0.3;

/** How loud the talk is, beside the noise and beside itself. Fed with the steps that hold speech. */
export class TalkLevel implements TalkLevels {
  aboveNoiseDb = 0;
  private hops = 0;
  private readonly smoothDb = new Float32Array(1);
  private readonly levels = new LevelHistory(1, REMEMBERED_HOPS);

  get rangeDb(): number {
    return this.levels.count === 0
      ? 0
      : this.levels.percentile(0, LOUD_SHARE) - this.levels.percentile(0, MOST_SHARE);
  }

  push({ levelDb, floorDb }: Hop): void {
    const hops = ++this.hops;
    this.aboveNoiseDb += (levelDb - floorDb - this.aboveNoiseDb) / Math.min(hops, REMEMBERED_HOPS);
    const beforeDb = this.smoothDb[0] as number;
    this.smoothDb[0] = beforeDb + (levelDb - beforeDb) / Math.min(hops, SMOOTHED_HOPS);
    if (hops >= SMOOTHED_HOPS / 2) this.levels.push(this.smoothDb);
  }

  reset(): void {
    this.hops = 0;
    this.aboveNoiseDb = 0;
    this.smoothDb[0] = 0;
    this.levels.clear();
  }
}
