import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createSipCarrier, type SipCarrier } from "@offhook/session";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AgentRunner } from "./agent-runner.js";
import { defineAgent } from "./define-agent.js";

// What a caller reads on the wire, whatever the code says about itself.
let socket: Socket;
let carrier: SipCarrier;
let port: number;
const received: string[] = [];

beforeEach(async () => {
  received.length = 0;
  socket = createSocket("udp4");
  socket.on("message", (data) => void received.push(data.toString()));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  carrier = createSipCarrier({ listen: ["udp:127.0.0.1:0"] });
  port = (await carrier.ready()).addresses[0]?.port ?? 0;
});

afterEach(async () => {
  await carrier.close();
  socket.close();
});

/** The status line and headers of our first answer above 180 to one more INVITE. */
async function call(callId: string): Promise<string> {
  const own = socket.address().port;
  const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${own} RTP/AVP 0\r\n`;
  const lines = [
    `INVITE sip:+12025550100@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${callId}`,
    "Max-Forwards: 70",
    "From: <sip:+12025550199@127.0.0.1>;tag=t",
    `To: <sip:+12025550100@127.0.0.1>`,
    `Call-ID: ${callId}`,
    "CSeq: 1 INVITE",
    `Contact: <sip:caller@127.0.0.1:${own}>`,
    "Content-Type: application/sdp",
    `Content-Length: ${sdp.length}`,
    "",
    sdp,
  ];
  socket.send(lines.join("\r\n"), port, "127.0.0.1");
  const answer = () =>
    received.find(
      (text) => text.includes(`Call-ID: ${callId}`) && /^SIP\/2\.0 (?:18|[2-6])/.test(text),
    );
  await expect.poll(answer, { timeout: 4_000 }).toBeDefined();
  return answer() ?? "";
}

const rings = defineAgent({
  name: "rings",
  setup: ({ session }) => {
    session.ring();
    return new Promise(() => undefined);
  },
});

it("answers 486 to one call too many", async () => {
  const runner = new AgentRunner({ agent: rings, carrier, maxSessions: 1 });
  runner.receive();
  expect(await call("first")).toMatch(/^SIP\/2\.0 180 /);
  expect(await call("second")).toMatch(/^SIP\/2\.0 486 Busy Here\r\n/);
  await runner.close();
});

it("answers 503 with Retry-After while it drains", async () => {
  const runner = new AgentRunner({ agent: rings, carrier });
  runner.receive();
  expect(await call("first")).toMatch(/^SIP\/2\.0 180 /);
  void runner.drain();
  const refused = await call("second");
  expect(refused).toMatch(/^SIP\/2\.0 503 Service Unavailable\r\n/);
  expect(refused).toMatch(/^Retry-After: \d+\r$/m);
  await runner.close();
  await runner.drained;
});
