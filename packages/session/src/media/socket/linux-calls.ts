import { createRequire } from "node:module";

/**
 * System calls of Linux that Node does not offer. Each returns what its manual page says, -1 when it
 * fails: then `errno` says why. Addresses of memory are numbers, see `addressOf`.
 */
export interface LinuxCalls {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  setsockopt(fd: number, level: number, name: number, value: Int32Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Int32Array, size: Uint32Array): number;
  sendmmsg(fd: number, headers: number, count: number, flags: number): number;
  recvmmsg(fd: number, headers: number, count: number, flags: number, timeout: number): number;
  close(fd: number): number;
  clock_gettime(clock: number, time: BigInt64Array): number;
  /** Text to bytes; 1 when it is an address of this family. */
  inet_pton(family: number, text: string, into: Uint8Array): number;
  /** Bytes to text; null when they are no address. */
  inet_ntop(family: number, bytes: Uint8Array, into: Uint8Array, size: number): string | null;
  errno(): number;
  /** Where memory is that never moves: that of an ArrayBuffer. */
  addressOf(memory: ArrayBuffer): number;
}

/** Structures and constants are the same on these two, and not on all others. */
const KNOWN = ["x64", "arm64"];

/** Undefined on other systems, and where the library that makes foreign calls is not installed. */
export function loadLinuxCalls(): LinuxCalls | undefined {
  if (process.platform !== "linux" || !KNOWN.includes(process.arch)) return undefined;
  try {
    return declare(createRequire(import.meta.url)("koffi"));
  } catch {
    return undefined;
  }
}

function declare(koffi: typeof import("koffi")): LinuxCalls {
  // The process itself: Node has the C library loaded, whichever it is.
  const library = koffi.load(null);
  const call = <Name extends Exclude<keyof LinuxCalls, "errno" | "addressOf">>(
    name: Name,
    result: string,
    ...parameters: string[]
  ): LinuxCalls[Name] => library.func(name, result, parameters);
  return {
    socket: call("socket", "int", "int", "int", "int"),
    bind: call("bind", "int", "int", "void *", "uint32_t"),
    getsockname: call("getsockname", "int", "int", "void *", "void *"),
    setsockopt: call("setsockopt", "int", "int", "int", "int", "void *", "uint32_t"),
    getsockopt: call("getsockopt", "int", "int", "int", "int", "void *", "void *"),
    sendmmsg: call("sendmmsg", "int", "int", "uintptr_t", "uint32_t", "int"),
    recvmmsg: call("recvmmsg", "int", "int", "uintptr_t", "uint32_t", "int", "uintptr_t"),
    close: call("close", "int", "int"),
    clock_gettime: call("clock_gettime", "int", "int", "void *"),
    inet_pton: call("inet_pton", "int", "int", "str", "void *"),
    inet_ntop: call("inet_ntop", "str", "int", "void *", "void *", "uint32_t"),
    errno: () => koffi.errno(),
    addressOf: (memory) => Number(koffi.address(memory)),
  };
}
