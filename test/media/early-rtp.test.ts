import { createSipCarrier, type HeardFrame, type SipCarrierOptions } from "@offhook/session";
import { afterAll, describe, expect, it } from "vitest";
import { encodeG711 } from "../../packages/session/src/media/codecs/g711.js";
import { concatAudio } from "../../packages/session/src/media/send/tones.js";
import { likeness } from "../../packages/session/src/media/testing/correlation.js";
import {
  closeAll,
  peerSocket,
  rtpPacket,
  sweep,
} from "../../packages/session/src/media/testing/plane-fixture.js";
import { RawPeer, sdpOf } from "../../packages/session/src/sip/testing/raw-peer.js";

/** Closed in the end and at once: a call whose phone says no more takes a while to let go of. */
const closers: (() => unknown)[] = [];
afterAll(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  await closeAll();
});

const said = sweep(300, 8_000);
const coded = new Uint8Array(said.length);
encodeG711("mu", said, coded);

/** We call a phone made of text; returns how it answers, how it speaks, and what we heard. */
async function call(srtp: SipCarrierOptions["srtp"] = "off") {
  const phone = await RawPeer.open();
  closers.push(() => phone.close());
  const rtp = await peerSocket();
  const carrier = createSipCarrier({ trunk: { uri: `sip:127.0.0.1:${phone.port}` }, srtp });
  closers.push(() => carrier.close());
  const frames: HeardFrame[] = [];
  const destination = carrier.parseDestination("+12025550100");
  const leg = carrier.placeCall({ callId: "early", destination }, { onSignal() {} });
  leg.media.onFrame((frame) => frames.push(frame));
  const invite = await phone.next(/^INVITE /);
  const port = Number(/^Contact: <sip:[^>]*:(\d+)>/m.exec(invite)?.[1]);
  const media = Number(/^m=audio (\d+)/m.exec(invite)?.[1]);
  let sequence = 0;
  return {
    /** Says some of what it has to say; all of it at once, as after a stall, or 20 ms apart. */
    async speak(packets: number, gapMs: number) {
      for (let count = 0; count < packets; count++) {
        const payload = coded.subarray(160 * sequence, 160 * sequence + 160);
        sequence += 1;
        rtp.socket.send(rtpPacket(sequence, payload), media, "127.0.0.1");
        if (gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
      }
    },
    answer: (status: string) => phone.reply(invite, status, port, { body: sdpOf(rtp.port) }),
    heard: () => concatAudio(...frames.map(({ data }) => data)),
  };
}

describe("a phone that speaks before its answer is here", () => {
  it("is heard although it has not answered yet, not even with a 183", async () => {
    const { speak, heard } = await call();
    await speak(15, 20);
    await expect.poll(() => likeness(heard(), said, 400)).toBeGreaterThan(0.9);
  });

  it.each(["183 Session Progress", "200 OK"])(
    "is heard from its first word on: %s",
    async (status) => {
      const { speak, answer, heard } = await call();
      await speak(5, 20);
      answer(status);
      await speak(10, 20);
      await expect.poll(() => likeness(heard(), said, 400)).toBeGreaterThan(0.9);
    },
  );

  it("is heard from its first word on where keys were offered and it wants none", async () => {
    const { speak, answer, heard } = await call("allowed");
    await speak(5, 20);
    expect(heard()).toHaveLength(0);
    answer("200 OK");
    await speak(10, 20);
    await expect.poll(() => likeness(heard(), said, 400)).toBeGreaterThan(0.9);
    // It is late by as much as was kept, and made up for by shortening it a little.
    expect(likeness(heard(), said.subarray(0, 800), 200)).toBeGreaterThan(0.8);
  });
});
