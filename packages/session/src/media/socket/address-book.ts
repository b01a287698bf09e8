import { mapped, unmapped } from "../plain-address.js";
import type { LinuxCalls } from "./linux-calls.js";
import type { MessageArray } from "./message-array.js";

export const AF_INET = 2;
export const AF_INET6 = 10;
/** The same addresses come and go; a flood from made-up ones must not be remembered for ever. */
const MAX_REMEMBERED = 4096;

/** Turns addresses as text into those of the kernel (`struct sockaddr_in`, `sockaddr_in6`) and back. */
export class AddressBook {
  private readonly calls: Pick<LinuxCalls, "inet_pton" | "inet_ntop">;
  private readonly texts = new Map<number | string, string>();
  private readonly bytes = new Map<string, Uint8Array>();
  private readonly text = new Uint8Array(64);

  constructor(calls: Pick<LinuxCalls, "inet_pton" | "inet_ntop">) {
    this.calls = calls;
  }

  /** Writes an address at `at`; returns its length, 0 when it is none that such a socket can reach. */
  write(family: number, address: string, port: number, into: DataView, at: number): number {
    const bytes = this.bytesOf(family, address);
    if (!bytes) return 0;
    into.setUint16(at, family, true);
    into.setUint16(at + 2, port);
    const from = at + (family === AF_INET ? 4 : 8);
    for (let index = 0; index < bytes.length; index++)
      into.setUint8(from + index, bytes[index] ?? 0);
    return family === AF_INET ? 16 : 28;
  }

  /** The address at `at`, as `plainAddress` has it. */
  addressAt(messages: MessageArray, at: number): string {
    const isShort = (messages.word(at) & 0xffff) === AF_INET;
    const from = at + (isShort ? 4 : 8);
    const key = isShort
      ? messages.word(from)
      : `${messages.word(from)} ${messages.word(from + 4)} ${messages.word(from + 8)} ${messages.word(from + 12)}`;
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const bytes = messages.bytes.subarray(from, from + (isShort ? 4 : 16));
    const { text } = this;
    const family = isShort ? AF_INET : AF_INET6;
    const address = unmapped(this.calls.inet_ntop(family, bytes, text, text.length) ?? "");
    remember(this.texts, key, address);
    return address;
  }

  private bytesOf(family: number, address: string): Uint8Array | undefined {
    const known = this.bytes.get(address);
    if (known && known.length === lengthOf(family)) return known;
    const text = family === AF_INET6 ? mapped(address) : address;
    const bytes = new Uint8Array(lengthOf(family));
    if (this.calls.inet_pton(family, text, bytes) !== 1) return undefined;
    remember(this.bytes, address, bytes);
    return bytes;
  }
}

function lengthOf(family: number): number {
  return family === AF_INET ? 4 : 16;
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): void {
  if (known.size >= MAX_REMEMBERED) known.clear();
  known.set(key, value);
}
