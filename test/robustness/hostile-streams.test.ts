import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createSipCarrier, type LegSignal, type SipCarrier, silentLogger } from "@offhook/session";
import { type VirtualClock, virtualClock } from "@offhook/session/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testCertificate, testKey } from "../../packages/session/src/sip/testing/certificates.js";
import { silentMediaPlane } from "../bench/silent-media-plane.js";
import { sdp } from "../fuzz/corpus.js";
import { field, inDialog, ping } from "./torture/endpoint.js";

const uncaught: unknown[] = [];
const keep = (error: unknown) => uncaught.push(error);
const open: { destroy(): unknown }[] = [];
let complaints: string[] = [];
let clock: VirtualClock;
let carrier: SipCarrier;
const signals: LegSignal[] = [];
let ports: Record<"TCP" | "TLS" | "WS", number>;

beforeEach(async () => {
  uncaught.length = 0;
  signals.length = 0;
  complaints = [];
  process.on("uncaughtException", keep);
  process.on("unhandledRejection", keep);
  clock = virtualClock();
  const complain = (fields: object, message: string) =>
    void complaints.push(`${message} ${JSON.stringify(fields)}`);
  carrier = createSipCarrier({
    clock,
    listen: ["tcp:127.0.0.1:0", "tls:127.0.0.1:0", "ws:127.0.0.1:0"],
    tls: { cert: testCertificate, key: testKey },
    mediaPlane: silentMediaPlane(),
    logger: { ...silentLogger, warn: complain, error: complain },
  });
  carrier.receiveCalls((offer) => {
    const leg = offer.accept({ onSignal: (signal) => signals.push(signal) });
    leg.answer();
  });
  const { addresses } = await carrier.ready();
  const [TCP = 0, TLS = 0, WS = 0] = addresses.map(({ port }) => port);
  ports = { TCP, TLS, WS };
});

afterEach(async () => {
  // Nobody who still holds on to a connection keeps the carrier from closing.
  await clock.runUntil(carrier.close());
  for (const socket of open.splice(0)) socket.destroy();
  process.off("uncaughtException", keep);
  process.off("unhandledRejection", keep);
  expect(uncaught).toEqual([]);
  expect(complaints).toEqual([]);
});

interface Stranger {
  readonly socket: Socket;
  /** What came back so far. */
  text(): string;
  isClosed(): boolean;
}

async function stranger(port: number): Promise<Stranger> {
  const socket = connect(port, "127.0.0.1");
  open.push(socket);
  let text = "";
  let closed = false;
  socket.on("data", (data) => {
    text += data.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.once("close", () => {
    closed = true;
  });
  await once(socket, "connect");
  return { socket, text: () => text, isClosed: () => closed };
}

const poll = <T>(look: () => T) => expect.poll(look, { interval: 5, timeout: 5_000 });
const breath = () => new Promise((resolve) => setTimeout(resolve, 20));

const invite = (id: string) =>
  [
    "INVITE sip:us@127.0.0.1 SIP/2.0",
    `Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK${id}`,
    `From: <sip:a@example.com>;tag=${id}`,
    "To: <sip:us@127.0.0.1>",
    `Call-ID: ${id}`,
    "CSeq: 1 INVITE",
    "Contact: <sip:a@127.0.0.1;transport=tcp>",
    "Content-Type: application/sdp",
    `Content-Length: ${sdp.length}`,
    "",
    sdp,
  ].join("\r\n");

/** A call that is up over TCP; `expectUnharmed` then ends it from outside. */
async function callInProgress() {
  const caller = await stranger(ports.TCP);
  caller.socket.write(invite("call"));
  await poll(caller.text).toMatch(/SIP\/2\.0 200/);
  const answer = caller.text().slice(caller.text().indexOf("SIP/2.0 200"));
  caller.socket.write(inDialog(answer, "ACK"));
  await poll(() => signals.map(({ type }) => type)).toEqual(["answered"]);
  return {
    async expectUnharmed() {
      expect(signals.map(({ type }) => type)).toEqual(["answered"]);
      caller.socket.write(inDialog(answer, "BYE"));
      await poll(() => signals.map(({ type }) => type)).toEqual(["answered", "far_side_ended"]);
    },
  };
}

async function expectAlive(): Promise<void> {
  const friend = await stranger(ports.TCP);
  friend.socket.write(ping("after"));
  await poll(() => field(friend.text(), "Call-ID")).toBe("alive-after");
}

describe("a stranger on TCP", () => {
  it("sends half a message and then nothing, and is let go after 30 s", async () => {
    const call = await callInProgress();
    const half = await stranger(ports.TCP);
    half.socket.write(invite("half").slice(0, 200));
    await breath();
    await clock.advanceBy(29_000);
    expect(half.isClosed()).toBe(false);
    await clock.advanceBy(2_000);
    await poll(half.isClosed).toBe(true);
    await call.expectUnharmed();
  });

  it("sends a byte now and then, and is let go after 30 s all the same", async () => {
    const slow = await stranger(ports.TCP);
    for (const byte of "INV") {
      slow.socket.write(byte);
      await breath();
      await clock.advanceBy(9_000);
    }
    slow.socket.write("I");
    await breath();
    await clock.advanceBy(4_000);
    await poll(slow.isClosed).toBe(true);
    await expectAlive();
  });

  it("says nothing at all, and is let go after 30 s", async () => {
    const silent = await stranger(ports.TCP);
    await breath();
    await clock.advanceBy(31_000);
    await poll(silent.isClosed).toBe(true);
    await expectAlive();
  });

  it("asks and stays connected, and is not let go", async () => {
    const friend = await stranger(ports.TCP);
    friend.socket.write(ping("friend"));
    await poll(friend.text).toMatch(/SIP\/2\.0 200/);
    await clock.advanceBy(600_000);
    await breath();
    expect(friend.isClosed()).toBe(false);
  });

  it.each([
    ["a header without end", `OPTIONS sip:a@b SIP/2.0\r\n${"X: y\r\n".repeat(20_000)}`],
    ["a line without end", "A".repeat(100_000)],
    [
      "a body of a gigabyte, it says",
      ping("x").replace("Content-Length: 0", "Content-Length: 999999999"),
    ],
    ["a length of 30 digits", ping("x").replace("Length: 0", `Length: ${"9".repeat(30)}`)],
    ["a negative length", ping("x").replace("Length: 0", "Length: -1")],
    ["a web request", "GET / HTTP/1.1\r\nHost: us\r\n\r\n"],
    ["a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"],
    ["zeros", `${"\0".repeat(200)}\r\n\r\n`],
  ])("sends %s, and is let go at once", async (_what, text) => {
    const call = await callInProgress();
    const bad = await stranger(ports.TCP);
    bad.socket.write(Buffer.from(text, "latin1"));
    await poll(bad.isClosed).toBe(true);
    await expectAlive();
    await call.expectUnharmed();
  });

  it("breaks off in the middle with a reset", async () => {
    const call = await callInProgress();
    for (const text of ["", "INVITE sip:us", invite("broken"), invite("broken").slice(0, -50)]) {
      const rude = await stranger(ports.TCP);
      rude.socket.write(text);
      await breath();
      rude.socket.resetAndDestroy();
    }
    await breath();
    await expectAlive();
    await call.expectUnharmed().catch(() => expect(signals).toHaveLength(3));
  });

  it("asks a million times whether we are there and listens to no answer", async () => {
    const deaf = await stranger(ports.TCP);
    deaf.socket.pause();
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 40; round++) {
      const flushed = deaf.socket.write("\r\n\r\n".repeat(25_000));
      if (!flushed) await Promise.race([once(deaf.socket, "drain"), breath()]);
    }
    await expectAlive();
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  it("sends three requests in one piece, and each is answered", async () => {
    const caller = await stranger(ports.TCP);
    caller.socket.write(invite("brief") + ping("between") + invite("other"));
    await poll(() => caller.text().match(/^SIP\/2\.0 200/gm)?.length).toBe(3);
  });
});

describe("a callee on TCP", () => {
  it("answers and hangs up in one piece", async () => {
    const server = createServer((socket) => {
      open.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        const text = data.toString("latin1");
        if (!text.startsWith("INVITE")) return;
        const lines = text
          .split("\r\n")
          .filter((line) => /^(?:Via|From|Call-ID|CSeq): /.test(line));
        const answer = [
          "SIP/2.0 200 OK",
          ...lines,
          `To: ${field(text, "To")};tag=far`,
          "Contact: <sip:b@127.0.0.1;transport=tcp>",
          "Content-Type: application/sdp",
          `Content-Length: ${sdp.length}`,
          "",
          sdp,
        ].join("\r\n");
        const bye = [
          "BYE sip:offhook@127.0.0.1 SIP/2.0",
          "Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKbye",
          `From: ${field(text, "To")};tag=far`,
          `To: ${field(text, "From")}`,
          `Call-ID: ${field(text, "Call-ID")}`,
          "CSeq: 1 BYE",
          "Content-Length: 0",
          "",
          "",
        ].join("\r\n");
        socket.write(answer + bye);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const ours = createSipCarrier({
      trunk: { uri: `sip:127.0.0.1:${port}`, transport: "tcp" },
      mediaPlane: silentMediaPlane(),
    });
    const heard: LegSignal[] = [];
    const destination = ours.parseDestination("+12025550100");
    ours.placeCall({ callId: "c", destination }, { onSignal: (signal) => heard.push(signal) });
    await poll(() => heard.map(({ type }) => type)).toEqual([
      "dialing",
      "answered",
      "far_side_ended",
    ]);
    await ours.close();
    for (const socket of open.splice(0)) socket.destroy();
    server.close();
  });
});

describe("a stranger on TLS", () => {
  it.each([
    ["garbage", "this is no handshake at all\r\n\r\n"],
    ["plain SIP", ping("plain")],
  ])("sends %s, and is let go", async (_what, text) => {
    const bad = await stranger(ports.TLS);
    bad.socket.write(text);
    await poll(bad.isClosed).toBe(true);
    await expectAlive();
  });

  it("begins a handshake and stops, which keeps nothing from closing", async () => {
    const half = await stranger(ports.TLS);
    half.socket.write(Buffer.from("16030100c8010000c40303", "hex"));
    const rude = await stranger(ports.TLS);
    rude.socket.write(Buffer.from("1603", "hex"));
    await breath();
    rude.socket.resetAndDestroy();
    await expectAlive();
  });
});

/** A frame as a client sends it (RFC 6455 5.2), masked with zeros. */
function frame(opcode: number, payload: Buffer | string, claimed?: bigint): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(14);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(claimed ?? BigInt(body.length), 2);
  if (opcode < 8) return Buffer.concat([head, body]);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | body.length, 0, 0, 0, 0]), body]);
}

async function upgraded(protocol = "Sec-WebSocket-Protocol: sip\r\n"): Promise<Stranger> {
  const client = await stranger(ports.WS);
  client.socket.write(
    `GET / HTTP/1.1\r\nHost: us\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${protocol}\r\n`,
  );
  await poll(client.text).toMatch(/^HTTP\/1\.1 101/);
  return client;
}

describe("a stranger on WebSocket", () => {
  it.each([
    ["text", 1],
    ["binary", 2],
  ])("asks in a %s frame, and is answered", async (_what, opcode) => {
    const client = await upgraded();
    client.socket.write(frame(opcode, ping("frame")));
    await poll(client.text).toMatch(/SIP\/2\.0 200 OK/);
  });

  it.each([
    ["a frame of a gigabyte, it says", frame(1, "x", 1_000_000_000n)],
    ["an unknown opcode", frame(5, "x")],
    ["a reserved bit", Buffer.from([0xf1, 0x80, 0, 0, 0, 0])],
    ["a text that is no UTF-8", frame(1, Buffer.from([0xff, 0xfe, 0xc0]))],
    ["an unmasked frame", Buffer.from([0x81, 0x01, 0x41])],
    ["nothing like a frame", Buffer.alloc(5_000, 0xff)],
  ])("sends %s, and is let go", async (_what, bytes) => {
    const client = await upgraded();
    client.socket.write(bytes);
    await poll(client.isClosed).toBe(true);
    await expectAlive();
  });

  it("does not speak SIP, is refused, and sends garbage nonetheless", async () => {
    const client = await upgraded("");
    client.socket.write(Buffer.alloc(500, 0xff));
    await poll(client.isClosed).toBe(true);
    await expectAlive();
  });

  it("asks for a page and is told that there is none", async () => {
    const browser = await stranger(ports.WS);
    browser.socket.write("GET / HTTP/1.1\r\nHost: us\r\n\r\n");
    await poll(browser.text).toMatch(/^HTTP\/1\.1 426/);
    await poll(browser.isClosed).toBe(true);
  });

  it("begins to ask and stops, which keeps nothing from closing", async () => {
    const half = await stranger(ports.WS);
    half.socket.write("GET / HTTP/1.1\r\nHost:");
    const connected = await upgraded();
    connected.socket.write(frame(1, ping("x")).subarray(0, 40));
    await expectAlive();
  });

  it("breaks off in the middle of a frame with a reset", async () => {
    const client = await upgraded();
    client.socket.write(frame(1, invite("broken")).subarray(0, 100));
    await breath();
    client.socket.resetAndDestroy();
    await breath();
    await expectAlive();
  });

  it("pings without end and listens to no answer", async () => {
    const deaf = await upgraded();
    deaf.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 5_000 }, () => frame(9, "p".repeat(125))));
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 40; round++) {
      const flushed = deaf.socket.write(pings);
      if (!flushed) await Promise.race([once(deaf.socket, "drain"), breath()]);
    }
    await expectAlive();
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });
});
