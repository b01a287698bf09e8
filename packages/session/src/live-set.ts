interface Box<Item> {
  item: Item | undefined;
}

/**
 * A Set for what comes and goes: see `ForgetfulMap` for why a plain one would keep nearly every call
 * alive for long after its end.
 */
export class LiveSet<Item> {
  readonly #boxes = new Set<Box<Item>>();

  get size(): number {
    return this.#boxes.size;
  }

  /** Returns how to take it out again. */
  add(item: Item): () => void {
    const box: Box<Item> = { item };
    this.#boxes.add(box);
    return () => {
      box.item = undefined;
      this.#boxes.delete(box);
    };
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const { item } of this.#boxes) yield item as Item;
  }
}
