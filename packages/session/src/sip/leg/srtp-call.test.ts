import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import type { InboundLeg, OutboundLeg } from "../../carrier.js";
import { createMediaPlane } from "../../media/create-media-plane.js";
import type { AgreedMedia, MediaPlane } from "../../media/media-plane.js";
import { concatAudio, monoFrame } from "../../media/send/tones.js";
import { likeness } from "../../media/testing/correlation.js";
import { sweep } from "../../media/testing/plane-fixture.js";
import type { AudioFrame, LegSignal } from "../../vocabulary.js";
import type { SrtpPolicy } from "../message/sdes.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";

const closers: SipCarrier[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((carrier) => carrier.close()));
});

/** A real media plane that keeps what was agreed. */
function watchedPlane(): { plane: MediaPlane; agreed: AgreedMedia[] } {
  const inner = createMediaPlane();
  const agreed: AgreedMedia[] = [];
  return {
    agreed,
    plane: {
      codecs: inner.codecs,
      close: () => inner.close(),
      open(options) {
        const port = inner.open(options);
        const { connect } = port;
        port.connect = (media) => {
          agreed.push(media);
          connect.call(port, media);
        };
        return port;
      },
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !condition(); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
}

async function call(ourPolicy: SrtpPolicy, theirPolicy: SrtpPolicy) {
  const far = watchedPlane();
  const near = watchedPlane();
  const callee = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: far.plane,
    srtp: theirPolicy,
  });
  closers.push(callee);
  const heard: AudioFrame[] = [];
  const answered: InboundLeg[] = [];
  const farSignals: LegSignal[] = [];
  callee.receiveCalls((offer) => {
    const leg = offer.accept({ onSignal: (signal) => farSignals.push(signal) });
    leg.media.onFrame((frame) => heard.push(frame));
    leg.answer();
    answered.push(leg);
  });
  const { addresses } = await callee.ready();
  const caller = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${addresses[0]?.port}` },
    mediaPlane: near.plane,
    srtp: ourPolicy,
  });
  closers.push(caller);
  const signals: LegSignal[] = [];
  const destination = caller.parseDestination("+12025550100");
  const leg: OutboundLeg = caller.placeCall(
    { callId: "call-1", destination },
    { onSignal: (signal) => signals.push(signal) },
  );
  await until(() => signals.some(({ type }) => type === "answered" || type === "rejected"));
  return { leg, signals, far, near, heard, farSignals };
}

describe("two SIP carriers that speak SRTP", () => {
  it("hear each other, and a hold keeps the keys", async () => {
    const { leg, near, far, heard, farSignals } = await call("required", "allowed");
    const [ours] = near.agreed;
    expect(ours?.srtp?.suite).toBe("AEAD_AES_128_GCM");
    expect(ours?.srtp?.sendKey).toEqual(far.agreed[0]?.srtp?.receiveKey);
    const said = sweep(400, 8_000);
    await leg.media.write(monoFrame(said, 8_000));
    await leg.media.mark();
    await until(() => heard.length > 30);
    const sound = concatAudio(...heard.map(({ data }) => data));
    expect(likeness(sound, said, 400)).toBeGreaterThan(0.9);
    leg.hold?.(true);
    await until(() => farSignals.some(({ type }) => type === "held"));
    await until(() => near.agreed.length === 2);
    expect(near.agreed[1]?.srtp).toEqual(ours?.srtp);
    expect(far.agreed[1]?.srtp).toEqual(far.agreed[0]?.srtp);
  });

  it.each([
    ["required", "off", "488"],
    ["off", "required", "488"],
    ["allowed", "off", "plain"],
    ["off", "allowed", "plain"],
    ["allowed", "allowed", "secure"],
    ["allowed", "required", "secure"],
  ] as const)("agree, %s calling %s, on %s", async (ours, theirs, expected) => {
    const { signals, near } = await call(ours, theirs);
    const rejected = signals.find((signal) => signal.type === "rejected");
    const media = near.agreed[0]?.srtp ? "secure" : "plain";
    expect(rejected ? String(rejected.response.status) : media).toBe(expected);
  });
});

it("acknowledges and ends at once a call whose answer is plain where it must not be", async () => {
  const peer = createSocket("udp4").bind(0, "127.0.0.1");
  onTestFinished(() => void peer.close());
  await once(peer, "listening");
  const { port } = peer.address();
  const requests: string[] = [];
  peer.on("message", (datagram, from) => {
    const text = datagram.toString();
    const method = text.split(" ", 1)[0] ?? "";
    requests.push(text);
    if (method === "ACK") return;
    const copied = text.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq):/i.test(line));
    const to = /^To: .*$/m.exec(text)?.[0].trim() ?? "";
    const body = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n`;
    const lines = [
      "SIP/2.0 200 OK",
      ...copied,
      to.includes("tag=") ? to : `${to};tag=far`,
      `Contact: <sip:127.0.0.1:${port}>`,
      ...(method === "INVITE" ? ["Content-Type: application/sdp"] : []),
      `Content-Length: ${method === "INVITE" ? body.length : 0}`,
    ];
    const response = `${lines.join("\r\n")}\r\n\r\n${method === "INVITE" ? body : ""}`;
    peer.send(response, from.port, from.address);
  });
  const near = watchedPlane();
  const carrier = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${port}` },
    mediaPlane: near.plane,
    srtp: "required",
  });
  closers.push(carrier);
  const signals: LegSignal[] = [];
  const destination = carrier.parseDestination("+12025550100");
  carrier.placeCall(
    { callId: "call-1", destination },
    { onSignal: (signal) => signals.push(signal) },
  );
  await until(() => requests.some((text) => text.startsWith("BYE")));
  expect(signals.find((signal) => signal.type === "answered")).toMatchObject({
    answer: { status: 200, usableMedia: false },
  });
  expect(requests[0]).toContain("RTP/SAVP");
  expect(requests.map((text) => text.split(" ", 1)[0])).toEqual(["INVITE", "ACK", "BYE"]);
  expect(requests[2]).toMatch(/^Reason: SIP;\s*cause=488/m);
  expect(near.agreed).toEqual([]);
});
