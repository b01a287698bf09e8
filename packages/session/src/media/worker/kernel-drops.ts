import { readFileSync } from "node:fs";

/**
 * Datagrams that this machine has dropped since it started because their socket's buffer was full,
 * as `/proc/net/snmp` has them; undefined where there is no such file.
 */
export function kernelDrops(
  read: (file: string) => string = (file) => readFileSync(file, "utf8"),
): number | undefined {
  try {
    const [names, values] = read("/proc/net/snmp")
      .split("\n")
      .filter((line) => line.startsWith("Udp:"))
      .map((line) => line.trim().split(/\s+/));
    const at = names?.indexOf("RcvbufErrors") ?? -1;
    const drops = at < 0 ? Number.NaN : Number(values?.[at]);
    return Number.isFinite(drops) ? drops + dropsOver6(read) : undefined;
  } catch {
    return undefined;
  }
}

function dropsOver6(read: (file: string) => string): number {
  try {
    return Number(/^Udp6RcvbufErrors\s+(\d+)$/m.exec(read("/proc/net/snmp6"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
