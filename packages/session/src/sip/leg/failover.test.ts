import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seededRandom } from "../../random.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { type MemoryNetwork, memoryNetwork } from "../testing/memory-network.js";

const first = { address: "192.0.2.1", port: 5060 };
const second = { address: "192.0.2.2", port: 5060 };

let carrier: SipCarrier;
let network: MemoryNetwork;
let sentTo: { readonly address: string; readonly text: string; readonly atMs: number }[];
let signals: LegSignal[];

beforeEach(() => {
  vi.useFakeTimers();
  sentTo = [];
  signals = [];
  network = memoryNetwork({ random: seededRandom(3) });
});

afterEach(async () => {
  const closing = carrier.close();
  await vi.advanceTimersByTimeAsync(60_000);
  await closing;
  vi.useRealTimers();
});

async function call(targets: readonly { address: string; port: number }[], failoverMs?: number) {
  carrier = createSipCarrier({
    trunk: {
      uri: "sip:trunk.example.com",
      ...(failoverMs === undefined ? {} : { failoverMs }),
    },
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(4),
    listen: ["udp:127.0.0.1:5060"],
    resolver: { resolve: async () => targets },
    openWire: async (listen, events) => {
      const wire = await network.openWire(listen, events);
      const startMs = Date.now();
      return {
        ...wire,
        send: (text, to) => {
          sentTo.push({ address: to.address, text, atMs: Date.now() - startMs });
          return wire.send(text, to);
        },
      };
    },
  });
  await place();
}

async function place(): Promise<void> {
  carrier.placeCall(
    { callId: "call-1", destination: carrier.parseDestination("+12025550100") },
    { onSignal: (signal) => signals.push(signal) },
  );
  await vi.advanceTimersByTimeAsync(10);
}

/** What `from` says to the INVITE it got. */
function answer(from: { address: string; port: number }, status: string): void {
  const invite = sentTo.find(
    ({ address, text }) => address === from.address && /^INVITE/.test(text),
  );
  const kept = (invite?.text ?? "")
    .split("\r\n")
    .filter((line) => /^(?:Via|From|Call-ID|CSeq):/.test(line));
  const to = /^To: (.*)$/m.exec(invite?.text ?? "")?.[1];
  const text = [`SIP/2.0 ${status}`, ...kept, `To: ${to};tag=${from.address}`, "", ""].join("\r\n");
  network.inject(Buffer.from(text), from, 5060);
}

const targetsOf = (method: string) => [
  ...new Set(sentTo.filter(({ text }) => text.startsWith(method)).map(({ address }) => address)),
];

describe("a call with several targets", () => {
  it("asks the next after five seconds of silence, and leaves the last its 32", async () => {
    await call([first, second]);
    await vi.advanceTimersByTimeAsync(4_900);
    expect(targetsOf("INVITE")).toEqual([first.address]);
    await vi.advanceTimersByTimeAsync(200);
    expect(targetsOf("INVITE")).toEqual([first.address, second.address]);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(signals.map(({ type }) => type)).toEqual(["dialing"]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(signals.at(-1)).toMatchObject({ type: "unanswered", cause: "timeout" });
  });

  it("waits as long as it is told", async () => {
    await call([first, second], 1_000);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(targetsOf("INVITE")).toEqual([first.address, second.address]);
  });

  it("stays with a target that said anything", async () => {
    await call([first, second]);
    answer(first, "100 Trying");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(targetsOf("INVITE")).toEqual([first.address]);
  });

  it("asks one that failed last, for the next half minute", async () => {
    await call([first, second]);
    answer(first, "503 Service Unavailable");
    await vi.advanceTimersByTimeAsync(10);
    answer(second, "486 Busy Here");
    await vi.advanceTimersByTimeAsync(10);
    sentTo = [];
    await place();
    expect(targetsOf("INVITE")).toEqual([second.address]);
    answer(second, "486 Busy Here");
    await vi.advanceTimersByTimeAsync(31_000);
    sentTo = [];
    await place();
    expect(targetsOf("INVITE")).toEqual([first.address]);
  });

  it("asks one that wants to be left alone last for so long", async () => {
    await call([first, second]);
    answer(first, "503 Service Unavailable\r\nRetry-After: 120");
    await vi.advanceTimersByTimeAsync(100_000);
    sentTo = [];
    await place();
    expect(targetsOf("INVITE")).toEqual([second.address]);
  });

  it("cancels at the first target when it wakes up after all", async () => {
    await call([first, second]);
    await vi.advanceTimersByTimeAsync(5_100);
    answer(first, "180 Ringing");
    answer(first, "180 Ringing");
    await vi.advanceTimersByTimeAsync(100);
    expect(targetsOf("CANCEL")).toEqual([first.address]);
    answer(second, "486 Busy Here");
    await vi.advanceTimersByTimeAsync(10);
    expect(signals.at(-1)).toMatchObject({ type: "rejected", response: { status: 486 } });
  });
});

describe("a call with several targets over a stream", () => {
  /** Those who take our connection. */
  let reachable: string[];

  async function callByStream(): Promise<void> {
    const isUp = ({ address }: { address: string }) => reachable.includes(address);
    carrier = createSipCarrier({
      trunk: { uri: "sip:trunk.example.com;transport=tcp" },
      mediaPlane: fakeMediaPlane(),
      random: seededRandom(4),
      resolver: { resolve: async () => [first, second] },
      openWire: async ({ address, port }) => ({
        protocol: "TCP",
        reliable: true,
        local: { address, port },
        watch: (remote) => (isUp(remote) ? Promise.resolve() : new Promise(() => undefined)),
        isOpen: isUp,
        localOf: () => undefined,
        async send(text, to) {
          sentTo.push({ address: to.address, text, atMs: 0 });
        },
        close: async () => undefined,
      }),
    });
    await place();
  }

  it("connects to the first alone, while that can be reached", async () => {
    reachable = [first.address];
    await callByStream();
    await vi.advanceTimersByTimeAsync(100);
    expect(targetsOf("INVITE")).toEqual([first.address]);
  });

  it("passes over one that nobody reaches, and does not wait for it again", async () => {
    reachable = [second.address];
    await callByStream();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(targetsOf("INVITE")).toEqual([second.address]);
    sentTo = [];
    await place();
    expect(targetsOf("INVITE")).toEqual([second.address]);
  });

  it("is withdrawn while it waits for a connection", async () => {
    reachable = [];
    await callByStream();
    const leg = carrier.placeCall(
      { callId: "call-2", destination: carrier.parseDestination("+12025550101") },
      { onSignal: (signal) => signals.push(signal) },
    );
    await vi.advanceTimersByTimeAsync(100);
    leg.cancel();
    expect(signals.at(-1)).toMatchObject({ type: "unanswered" });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(sentTo).toEqual([]);
  });
});
