import type { ListenAddress } from "@offhook/session";
import { InvalidArgumentError } from "commander";

/** A whole number of milliseconds from 1 to a day. */
export function milliseconds(value: string): number {
  return wholeNumber(value, 1, 86_400_000, "milliseconds");
}

export function count(value: string): number {
  return wholeNumber(value, 1, 1_000_000, "calls");
}

/** A share of all, 0 to 1. */
export function share(value: string): number {
  const parsed = /^\d(\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
  if (parsed >= 0 && parsed <= 1) return parsed;
  throw new InvalidArgumentError("It takes a share from 0 to 1, such as 0.04.");
}

function wholeNumber(value: string, least: number, most: number, unit: string): number {
  const parsed = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (parsed >= least && parsed <= most) return parsed;
  throw new InvalidArgumentError(`It takes a whole number of ${unit} from ${least} to ${most}.`);
}

/** Collects a repeatable option. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Collects a repeatable `Name: value`. */
export function header(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, content] = /^([\w.!%*+`'~-]+)\s*:\s*(.*)$/.exec(value) ?? [];
  if (name === undefined || content === undefined)
    throw new InvalidArgumentError("It takes a header, such as 'X-Campaign: autumn'.");
  return { ...before, [name]: content };
}

/** As `--listen` takes it: `udp:127.0.0.1:5060`. */
export function addressInWords({ protocol, address, port }: ListenAddress): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${protocol.toLowerCase()}:${host}:${port}`;
}
