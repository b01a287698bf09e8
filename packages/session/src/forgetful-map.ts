interface Box<Value> {
  value: Value | undefined;
}

/**
 * A Map for what comes and goes. A Map that is full moves to a new table, and the table it leaves
 * keeps alive whatever it held until the next full garbage collection; where calls come and go that
 * is nearly every call. Here it holds empty boxes.
 */
export class ForgetfulMap<Key, Value> extends Map<Key, Value> {
  readonly #boxes = new Map<Key, Box<Value>>();

  override get size(): number {
    return this.#boxes.size;
  }

  override has(key: Key): boolean {
    return this.#boxes.has(key);
  }

  override get(key: Key): Value | undefined {
    return this.#boxes.get(key)?.value;
  }

  override set(key: Key, value: Value): this {
    const box = this.#boxes.get(key);
    if (box) box.value = value;
    else this.#boxes.set(key, { value });
    return this;
  }

  override delete(key: Key): boolean {
    const box = this.#boxes.get(key);
    if (!box) return false;
    box.value = undefined;
    return this.#boxes.delete(key);
  }

  override clear(): void {
    for (const key of this.#boxes.keys()) this.delete(key);
  }

  override forEach(work: (value: Value, key: Key, map: Map<Key, Value>) => void): void {
    for (const [key, value] of this) work(value, key, this);
  }

  override keys(): MapIterator<Key> {
    return this.#boxes.keys();
  }

  override *values(): MapIterator<Value> {
    for (const { value } of this.#boxes.values()) yield value as Value;
  }

  override *entries(): MapIterator<[Key, Value]> {
    for (const [key, { value }] of this.#boxes) yield [key, value as Value];
  }

  override [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }
}
