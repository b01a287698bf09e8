import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seededRandom } from "../../random.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import type { WireEvents } from "../transport/wire.js";

const registrar = { address: "192.0.2.10", port: 5060 };
let carrier: SipCarrier;
let events: WireEvents | undefined;
let requests: string[];
let answer: (request: string) => string;

const reply = (request: string, status: string, ...more: string[]) =>
  [
    `SIP/2.0 ${status}`,
    ...request.split("\r\n").filter((line) => /^(?:Via|From|To|Call-ID|CSeq): /.test(line)),
    ...more,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
const expiresOf = (request: string | undefined) => /^Expires: (\d+)/m.exec(request ?? "")?.[1];

beforeEach(async () => {
  vi.useFakeTimers();
  requests = [];
  answer = (request) => reply(request, "200 OK", "Expires: 100");
  carrier = createSipCarrier({
    trunk: { uri: "sip:192.0.2.10:5060", username: "alice", password: "p", register: true },
    listen: ["udp:127.0.0.1:5060"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(1),
    async openWire(listen, wireEvents) {
      events = wireEvents;
      return {
        protocol: "UDP",
        reliable: false,
        local: { address: listen.address, port: listen.port },
        watch: async () => undefined,
        async send(text) {
          requests.push(text);
          if (!text.startsWith("REGISTER")) return;
          setTimeout(() => events?.onMessage(Buffer.from(answer(text)), registrar), 5);
        },
        close: async () => undefined,
      };
    },
  });
});

afterEach(async () => {
  const closing = carrier.close();
  await vi.advanceTimersByTimeAsync(5_000);
  await closing;
  vi.useRealTimers();
});

const registers = () => requests.filter((text) => text.startsWith("REGISTER"));

describe("a registration", () => {
  it("is refreshed before what the registrar granted is over", async () => {
    await vi.advanceTimersByTimeAsync(10);
    expect(carrier.registration?.state).toEqual({ status: "registered", expiresSeconds: 100 });
    await vi.advanceTimersByTimeAsync(81_000);
    expect(registers()).toHaveLength(2);
    expect(registers().map((text) => /^CSeq: (\d+)/m.exec(text)?.[1])).toEqual(["1", "2"]);
    expect(new Set(registers().map((text) => /^Call-ID: (.*)/m.exec(text)?.[1])).size).toBe(1);
  });

  it("keeps the way open in between", async () => {
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests.filter((text) => text === "\r\n\r\n")).toHaveLength(2);
  });

  it("asks for longer where it was too brief (423)", async () => {
    answer = (request) =>
      expiresOf(request) === "300"
        ? reply(request, "423 Interval Too Brief", "Min-Expires: 600")
        : reply(request, "200 OK", "Expires: 600");
    await vi.advanceTimersByTimeAsync(50);
    expect(registers().map(expiresOf)).toEqual(["300", "600"]);
    expect(carrier.registration?.state).toMatchObject({ status: "registered" });
  });

  it("tells its failure and tries again, ever more slowly", async () => {
    answer = (request) => reply(request, "403 Forbidden");
    const failed = expect(carrier.registration?.registered()).rejects.toThrow(/403/);
    await vi.advanceTimersByTimeAsync(16_000);
    await failed;
    expect(registers()).toHaveLength(4);
  });

  it("begins anew when its way is gone", async () => {
    await vi.advanceTimersByTimeAsync(10);
    events?.onUnreachable(registrar, "ECONNREFUSED");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(registers()).toHaveLength(2);
  });

  it("is taken back on close", async () => {
    await vi.advanceTimersByTimeAsync(10);
    const closing = carrier.close();
    await vi.advanceTimersByTimeAsync(5_000);
    await closing;
    expect(expiresOf(registers().at(-1))).toBe("0");
  });
});
