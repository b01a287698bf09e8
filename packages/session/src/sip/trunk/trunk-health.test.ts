import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { seededRandom } from "../../random.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { type MemoryNetwork, memoryNetwork } from "../testing/memory-network.js";

let trunk: SipCarrier | undefined;
let carrier: SipCarrier;
let network: MemoryNetwork;

async function openTrunk(): Promise<void> {
  trunk = createSipCarrier({
    listen: ["udp:127.0.0.1:5060"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(1),
    openWire: network.openWire,
  });
  await trunk.ready();
}

beforeEach(async () => {
  vi.useFakeTimers();
  network = memoryNetwork({ random: seededRandom(3) });
  await openTrunk();
  carrier = createSipCarrier({
    trunk: { uri: "sip:127.0.0.1:5060", healthCheckMs: 30_000 },
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(2),
    openWire: network.openWire,
  });
});

afterEach(async () => {
  const closing = Promise.all([carrier.close(), trunk?.close()]);
  await vi.advanceTimersByTimeAsync(5_000);
  await closing;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const asked = () => network.sent.filter((text) => text.startsWith("OPTIONS")).length;

it("knows nothing of a trunk before its first answer, and that it is up after it", async () => {
  expect(carrier.health?.state).toEqual({ status: "unknown" });
  await vi.advanceTimersByTimeAsync(100);
  expect(carrier.health?.state).toMatchObject({ status: "up", roundTripMs: 10 });
});

it("asks as often as it was told, and no longer once it is closed", async () => {
  await vi.advanceTimersByTimeAsync(95_000);
  expect(asked()).toBe(4);
  const closing = carrier.close();
  await vi.advanceTimersByTimeAsync(100_000);
  await closing;
  expect(asked()).toBe(4);
});

it("tells that a trunk fell silent, and that it came back", async () => {
  const told: string[] = [];
  carrier.health?.onChange(({ status }) => told.push(status));
  await vi.advanceTimersByTimeAsync(100);
  const closing = trunk?.close();
  await vi.advanceTimersByTimeAsync(36_000);
  await closing;
  expect(carrier.health?.state).toEqual({ status: "down", detail: "no answer for 5000 ms" });
  await openTrunk();
  await vi.advanceTimersByTimeAsync(36_000);
  expect(told).toEqual(["up", "down", "up"]);
});

it("is up while any of its servers answers", async () => {
  const both = createSipCarrier({
    trunk: { uri: "sip:trunk.example.com", healthCheckMs: 30_000 },
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(2),
    resolver: {
      resolve: async () => [
        { address: "192.0.2.1", port: 5060 },
        { address: "127.0.0.1", port: 5060 },
      ],
    },
    openWire: network.openWire,
  });
  await vi.advanceTimersByTimeAsync(4_000);
  expect(both.health?.state).toMatchObject({ status: "up" });
  const closing = both.close();
  await vi.advanceTimersByTimeAsync(5_000);
  await closing;
});

it("is not there unless it was asked for", async () => {
  expect(trunk?.health).toBeUndefined();
});
