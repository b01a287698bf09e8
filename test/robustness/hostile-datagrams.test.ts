import { connect } from "node:net";
import { encodeG711 } from "@offhook/session";
import { loadClip, startLoopbackCarrier } from "@offhook/session/testing";
import { afterEach, describe, expect, it } from "vitest";
import { eventsOf, startOffhook } from "../interop/cli/offhook.js";
import { onlyOutcome } from "../interop/cli/outcome-shape.js";
import { malformedRtp, malformedSip, mutations } from "./hostile-datagrams.js";
import { audioPort, bound, RawCallee } from "./raw-callee.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const NUMBER = "+12025550100";

async function sendAll(
  from: Awaited<ReturnType<typeof bound>>,
  port: number,
  messages: readonly Buffer[],
): Promise<void> {
  for (const message of messages)
    await new Promise<void>(
      (resolve) => void from.send(message, port, "127.0.0.1", () => resolve()),
    );
}

const PACKET_SAMPLES = 160;
const speech = loadClip("name").data;

/** Somebody speaking: the nth 20 ms of it, µ-law over RTP. */
function voice(index: number): Buffer {
  const packet = Buffer.alloc(12 + PACKET_SAMPLES);
  packet[0] = 0x80;
  packet.writeUInt16BE(1_000 + index, 2);
  packet.writeUInt32BE(index * PACKET_SAMPLES, 4);
  packet.writeUInt32BE(0xbeef, 8);
  const samples = speech.subarray(index * PACKET_SAMPLES, (index + 1) * PACKET_SAMPLES);
  encodeG711("mu", samples, packet.subarray(12));
  return packet;
}

describe("a call among malformed datagrams", { timeout: 25_000 }, () => {
  it("that offhook dialled goes on, hears its peer, and ends once", async () => {
    const callee = await RawCallee.start();
    const stranger = await bound();
    closers.push(
      () => stranger.close(),
      () => callee.close(),
    );
    const offhook = startOffhook(["dial", NUMBER, "--trunk", `sip:127.0.0.1:${callee.port}`]);
    closers.push(() => offhook.stop());

    const invite = await callee.request("INVITE");
    callee.reply(invite, "200 OK", true);
    await offhook.event("active");
    const sipPort = invite.from.port;
    const rtpPort = audioPort(invite);
    expect(rtpPort).toBeGreaterThan(0);

    const sip = [...malformedSip(), ...mutations(Buffer.from(invite.text), 300, 1)];
    const rtp = [...malformedRtp(), ...mutations(voice(1), 300, 2)];
    for (const socket of [stranger, callee.sip]) await sendAll(socket, sipPort, sip);
    for (const socket of [stranger, callee.rtp]) {
      await sendAll(socket, rtpPort, rtp);
      await sendAll(socket, rtpPort + 1, rtp);
    }

    // Unharmed: it hears what its peer says now, and takes its BYE.
    let index = 0;
    const speaking = setInterval(() => callee.rtp.send(voice(index++), rtpPort, "127.0.0.1"), 20);
    closers.push(() => clearInterval(speaking));
    await offhook.line(({ event, active }) => event === "user_voice" && active === true);
    clearInterval(speaking);
    const bye = callee.requestText("BYE", invite, 70_000);
    await sendAll(callee.sip, sipPort, [Buffer.from(bye)]);

    const exit = await offhook.exited;
    expect(onlyOutcome(exit)).toMatchObject({
      finalState: "ended",
      endReason: "USER_HUNG_UP_IN_CALL",
      endedBy: "user",
      errors: [],
    });
    expect(eventsOf(exit)).toContain("audio");
    expect(exit.stderr).toBe("");
  });

  it("that offhook answered goes on, on both transports", async () => {
    const carrier = await startLoopbackCarrier({ numbers: [] });
    const stranger = await bound();
    closers.push(
      () => carrier.close(),
      () => stranger.close(),
    );
    const flags = [
      "--listen",
      "udp:127.0.0.1:0",
      "--listen",
      "tcp:127.0.0.1:0",
      "--max-calls",
      "1",
    ];
    const offhook = startOffhook(["answer", ...flags]);
    closers.push(() => offhook.stop());
    const udpPort = await offhook.port();
    const tcpPort = await offhook.port("tcp");

    carrier.callIn({
      from: NUMBER,
      to: `sip:us@127.0.0.1:${udpPort}`,
      caller: (caller) => caller.speak("hello").silence({ durationMs: 600 }).hangUp(),
    });
    await offhook.event("active");
    await sendAll(stranger, udpPort, malformedSip());
    for (const message of malformedSip()) {
      const socket = connect(tcpPort, "127.0.0.1").on("error", () => undefined);
      socket.end(message);
      closers.push(() => socket.destroy());
    }

    expect(onlyOutcome(await offhook.exited)).toMatchObject({
      direction: "inbound",
      finalState: "ended",
      endedBy: "user",
      errors: [],
    });
  });
});
