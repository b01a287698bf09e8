import type { TimerHandle } from "../clock.js";

export interface VirtualTimer extends TimerHandle {
  dueMs: number;
  /** Order of setting, which decides between timers that are due at the same time. */
  order: number;
  live: boolean;
  readonly callback: () => void;
  readonly periodMs: number | undefined;
  /** Its stack says who set the timer; formatted only when somebody asks. */
  readonly origin: Error;
}

/** A binary heap by due time, then order. Cleared timers stay in it until they come to the top. */
export class TimerHeap {
  readonly #items: VirtualTimer[] = [];

  peek(): VirtualTimer | undefined {
    while (this.#items[0]?.live === false) this.pop();
    return this.#items[0];
  }

  push(timer: VirtualTimer): void {
    const items = this.#items;
    let index = items.length;
    items.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent] as VirtualTimer;
      if (!before(timer, above)) break;
      items[index] = above;
      index = parent;
    }
    items[index] = timer;
  }

  pop(): void {
    const items = this.#items;
    const last = items.pop();
    if (!last || items.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1], items[child])) child++;
      const below = items[child] as VirtualTimer;
      if (!before(below, last)) break;
      items[index] = below;
      index = child;
    }
    items[index] = last;
  }

  liveOnes(): readonly VirtualTimer[] {
    return this.#items
      .filter((timer) => timer.live)
      .sort((one, other) => (before(one, other) ? -1 : 1));
  }
}

function before(one: VirtualTimer | undefined, other: VirtualTimer | undefined): boolean {
  if (!one || !other) return false;
  return one.dueMs === other.dueMs ? one.order < other.order : one.dueMs < other.dueMs;
}
