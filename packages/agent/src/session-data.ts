import type { EndReason } from "@offhook/session";

/** Notes that hooks of one call share. `end_reason` is there from the call's end on. */
export class SessionData {
  /** Made with the first note: most calls have none before their end. */
  #values: Map<string, unknown> | undefined;

  get(key: "end_reason"): EndReason | undefined;
  get(key: string): unknown;
  get(key: string): unknown {
    return this.#values?.get(key);
  }

  set(key: string, value: unknown): this {
    this.#values ??= new Map();
    this.#values.set(key, value);
    return this;
  }

  has(key: string): boolean {
    return this.#values?.has(key) ?? false;
  }

  delete(key: string): boolean {
    return this.#values?.delete(key) ?? false;
  }
}
