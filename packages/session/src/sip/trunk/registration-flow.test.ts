import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { OffhookError } from "../../errors.js";
import { seededRandom } from "../../random.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { headerOf } from "../testing/raw-peer.js";
import type { HostPort, WireEvents } from "../transport/wire.js";

// Which of several registrars we are at, and by which connection.

interface Sent {
  readonly text: string;
  readonly to: string;
}

let carrier: SipCarrier;
let events: WireEvents | undefined;
let sent: Sent[];
/** Our end of the connection that is up. */
let ownPort: number;
/** What each registrar says, by its address; nothing where it is down. */
let answers: Record<string, string>;
let dnsAnswers: boolean;

const reply = (request: string, status: string) =>
  [
    `SIP/2.0 ${status}`,
    ...request.split("\r\n").filter((line) => /^(?:Via|From|To|Call-ID|CSeq): /.test(line)),
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  ownPort = 40_001;
  dnsAnswers = true;
  answers = { "192.0.2.1": "200 OK", "192.0.2.2": "200 OK" };
  carrier = createSipCarrier({
    trunk: {
      uri: "sip:trunk.example.com;transport=tcp",
      username: "alice",
      password: "p",
      register: true,
    },
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(1),
    resolver: {
      resolve: async () => {
        if (!dnsAnswers) throw new OffhookError("ADDRESS_UNRESOLVED", "The DNS is silent.");
        return [
          { address: "192.0.2.1", port: 5060 },
          { address: "192.0.2.2", port: 5060 },
        ];
      },
    },
    async openWire(listen, wireEvents) {
      events = wireEvents;
      return {
        protocol: "TCP",
        reliable: true,
        local: { address: listen.address, port: 0 },
        watch: async () => undefined,
        localOf: () => ({ address: listen.address, port: ownPort }),
        isOpen: () => true,
        async send(text: string, to: HostPort) {
          sent.push({ text, to: to.address });
          const status = answers[to.address];
          if (status && /^(?:REGISTER|INVITE)/.test(text))
            setTimeout(() => events?.onMessage(Buffer.from(reply(text, status)), to), 5);
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

const registers = () => sent.filter(({ text }) => text.startsWith("REGISTER"));
const contactsOf = (text: string | undefined) =>
  text?.split("\r\n").flatMap((line) => (line.startsWith("Contact: ") ? [line] : []));

it("a registrar that is silent is left for the next one", async () => {
  delete answers["192.0.2.1"];
  await vi.advanceTimersByTimeAsync(5_100);
  expect(carrier.registration?.state.status).toBe("registered");
  expect(registers().map(({ to }) => to)).toEqual(["192.0.2.1", "192.0.2.2"]);
});

it("a registrar that cannot serve us is left for the next one, at once", async () => {
  answers["192.0.2.1"] = "503 Service Unavailable";
  await vi.advanceTimersByTimeAsync(100);
  expect(registers().map(({ to }) => to)).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(carrier.registration?.state.status).toBe("registered");
});

it("a refresh goes where we are registered, and so do our calls", async () => {
  answers["192.0.2.1"] = "503 Service Unavailable";
  await vi.advanceTimersByTimeAsync(100);
  answers["192.0.2.1"] = "200 OK";
  await vi.advanceTimersByTimeAsync(241_000);
  expect(registers().map(({ to }) => to)).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.2"]);
  const destination = carrier.parseDestination("+12025550100");
  carrier.placeCall({ callId: "ours", destination }, { onSignal() {} });
  await vi.advanceTimersByTimeAsync(50);
  expect(sent.find(({ text }) => text.startsWith("INVITE"))?.to).toBe("192.0.2.2");
});

it("a refresh that meets silence goes to another registrar while there is time", async () => {
  await vi.advanceTimersByTimeAsync(100);
  delete answers["192.0.2.1"];
  await vi.advanceTimersByTimeAsync(240_000 + 18_000);
  expect(registers().at(-1)?.to).toBe("192.0.2.2");
  expect(carrier.registration?.state.status).toBe("registered");
});

it("our calls find the way that is open although the DNS finds none", async () => {
  await vi.advanceTimersByTimeAsync(100);
  dnsAnswers = false;
  const destination = carrier.parseDestination("+12025550100");
  carrier.placeCall({ callId: "ours", destination }, { onSignal() {} });
  await vi.advanceTimersByTimeAsync(50);
  expect(sent.find(({ text }) => text.startsWith("INVITE"))?.to).toBe("192.0.2.1");
});

it("a pause that the registrar asks for is kept", async () => {
  const both = "503 Service Unavailable\r\nRetry-After: 120 (upgrade)";
  answers = { "192.0.2.1": both, "192.0.2.2": both };
  await vi.advanceTimersByTimeAsync(119_000);
  expect(registers()).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(registers()).toHaveLength(4);
});

it("after a reconnect the place that nobody listens at any more is given back", async () => {
  await vi.advanceTimersByTimeAsync(100);
  ownPort = 40_002;
  events?.onUnreachable({ address: "192.0.2.1", port: 5060 }, "ECONNRESET");
  await vi.advanceTimersByTimeAsync(3_000);
  const [first, second] = registers();
  expect(contactsOf(first?.text)).toHaveLength(1);
  expect(contactsOf(second?.text)).toEqual([
    expect.stringMatching(/:40002;transport=tcp>;expires=300$/),
    expect.stringMatching(/:40001;transport=tcp>;expires=0$/),
  ]);
  expect(headerOf(second?.text ?? "", "Call-ID")).toBe(headerOf(first?.text ?? "", "Call-ID"));
});
