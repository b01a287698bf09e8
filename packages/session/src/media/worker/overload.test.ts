import { describe, expect, it } from "vitest";
import { NodeSockets } from "../socket/node-sockets.js";
import { kernelDrops } from "./kernel-drops.js";
import { MediaEngine } from "./media-engine.js";
import { type LoadSample, OverloadGuard } from "./overload.js";
import type { Batch } from "./worker-protocol.js";

const OPEN = {
  type: "open",
  leg: 1,
  sampleRate: 8000,
  rtpLostMs: 5_000,
  digitsInSound: "needed",
  bindAddress: "127.0.0.1",
  ports: undefined,
  share: "never",
  remote: undefined,
  openedMs: 0,
} as const;

const CALM: LoadSample = {
  ticks: 200,
  lateTicks: 2,
  legs: 300,
  expectedPackets: 15_000,
  lostPackets: 5,
  droppedByKernel: undefined,
};
const LATE: LoadSample = { ...CALM, lateTicks: 60 };
const LOSSY: LoadSample = { ...CALM, lostPackets: 200 };

function after(...samples: readonly LoadSample[]): boolean {
  const guard = new OverloadGuard();
  for (const sample of samples) guard.take(sample);
  return guard.overloaded;
}

describe("admission control", () => {
  it("closes the door after three bad seconds in a row, by lateness or by loss", () => {
    expect(after(LATE, LATE)).toBe(false);
    expect(after(LATE, LATE, CALM, LATE)).toBe(false);
    expect(after(LATE, LOSSY, LATE)).toBe(true);
  });

  it("opens it again after three good ones", () => {
    const bad = [LATE, LATE, LATE];
    expect(after(...bad, CALM, CALM)).toBe(true);
    expect(after(...bad, CALM, CALM, CALM)).toBe(false);
  });

  it("takes loss for the network's when the kernel has dropped nothing", () => {
    const theirs = { ...LOSSY, droppedByKernel: 0 };
    expect(after(theirs, theirs, theirs)).toBe(false);
    const ours = { ...LOSSY, droppedByKernel: 40 };
    expect(after(ours, ours, ours)).toBe(true);
  });

  it("opens it at once when the last call has ended", () => {
    const posted: Batch[] = [];
    const guard = new OverloadGuard();
    const engine = new MediaEngine({
      post: (batch) => posted.push(batch),
      random: () => 0.5,
      sockets: new NodeSockets(),
      guard,
    });
    engine.run([OPEN]);
    for (const sample of [LATE, LATE, LATE]) guard.take(sample);
    engine.run([{ type: "close", leg: 1 }]);
    expect(guard.overloaded).toBe(false);
    const reports = posted.flatMap((batch) => batch.reports);
    expect(reports).toContainEqual({ type: "overload", overloaded: false });
  });

  it("never closes it over a few calls: one bad network, or a machine busy with other things", () => {
    const few = { ...LATE, legs: 10, expectedPackets: 500, lostPackets: 250 };
    expect(after(few, few, few)).toBe(false);
  });
});

describe("the kernel's count of dropped datagrams", () => {
  const files = new Map([
    ["/proc/net/snmp", "Udp: InDatagrams RcvbufErrors SndbufErrors\nUdp: 100 7 1\n"],
    ["/proc/net/snmp6", "Udp6InDatagrams 3\nUdp6RcvbufErrors \t 5\n"],
  ]);
  const from = (path: string) => {
    const text = files.get(path);
    if (text === undefined) throw new Error("no such file");
    return text;
  };

  it("is that of both kinds of addresses", () => {
    expect(kernelDrops(from)).toBe(12);
    files.delete("/proc/net/snmp6");
    expect(kernelDrops(from)).toBe(7);
  });

  it("is unknown where there is none", () => {
    expect(kernelDrops(() => "Udp: InDatagrams\nUdp: 1\n")).toBeUndefined();
    expect(kernelDrops(() => "nothing of the kind")).toBeUndefined();
    files.clear();
    expect(kernelDrops(from)).toBeUndefined();
  });
});
