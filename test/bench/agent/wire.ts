import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { WireCommand, WireReport } from "./wire-messages.js";

export type WireEvent = Extract<WireReport, { readonly call: number }>;

export type WireGaps = Extract<WireReport, { readonly type: "gaps" }>;

/** The callees' process, from here. */
export interface Wire {
  readonly uri: string;
  readonly events: WireEvent[];
  tell(command: WireCommand): void;
  /** Since talking was last switched. */
  gaps(): Promise<WireGaps>;
  close(): Promise<void>;
}

export async function startWire(): Promise<Wire> {
  const child = fork(fileURLToPath(new URL("./wire-caller.js", import.meta.url)));
  const events: WireEvent[] = [];
  let onReady: (uri: string) => void = () => {};
  let onGaps: (gaps: WireGaps) => void = () => {};
  child.on("message", (report: WireReport) => {
    if (report.type === "ready") onReady(report.uri);
    else if (report.type === "gaps") onGaps(report);
    else events.push(report);
  });
  const uri = await new Promise<string>((resolve) => {
    onReady = resolve;
  });
  const tell = (command: WireCommand) => void child.send(command);
  return {
    uri,
    events,
    tell,
    gaps: () =>
      new Promise((resolve) => {
        onGaps = resolve;
        tell({ type: "gaps" });
      }),
    close: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        tell({ type: "close" });
      }),
  };
}

/** For each event of one type, how long it took until the next of another type in the same call. */
export function delays(
  events: readonly WireEvent[],
  from: WireEvent["type"],
  to: WireEvent["type"],
): number[] {
  const found: number[] = [];
  const open = new Map<number, number>();
  for (const { type, call, atMs } of [...events].sort((one, other) => one.atMs - other.atMs)) {
    const since = open.get(call);
    if (type === to && since !== undefined) {
      found.push(atMs - since);
      open.delete(call);
    } else if (type === from) open.set(call, atMs);
    // Anything else in between means that the two do not belong together.
    else open.delete(call);
  }
  return found;
}
