import { createCalls, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { type CalleeScript, simulateCarrier } from "@offhook/session/testing";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  closeAll,
  peerSocket,
  rtpPacket,
} from "../../packages/session/src/media/testing/plane-fixture.js";
import {
  headerOf,
  RawPeer,
  sdpOf,
  tagOf,
} from "../../packages/session/src/sip/testing/raw-peer.js";

/** Not `expect.poll`, which belongs to one test at a time. */
const WAIT = { timeout: 5_000, interval: 50 };

/** An agent that says nothing and keeps what is told of the audio. */
function quietAgent(told: string[]) {
  return defineAgent({
    name: "quiet",
    async setup({ session }) {
      session.on("audio", ({ status }) => {
        // Audio that is there before the answer starts once more with it.
        if (told.at(-1) !== status) told.push(status);
      });
      session.on("hold", ({ by, held }) => void told.push(`${by} ${held ? "holds" : "goes on"}`));
    },
    async onAnswer() {},
  });
}

describe("in virtual time", () => {
  async function call(callee: CalleeScript, limits: Readonly<Record<string, number>> = {}) {
    const told: string[] = [];
    const carrier = simulateCarrier(callee);
    const calls = createCalls({ carrier, agent: quietAgent(told) });
    const { ended } = calls.dial({
      to: "+12025550100",
      limits: { userSilenceMs: 3_600_000, ...limits },
    });
    const outcome = await carrier.clock.runUntil(ended);
    await calls.close();
    return { outcome, told };
  }

  it("a call that never hears anything ends after 30 s", async () => {
    const { outcome, told } = await call((callee) => callee.answer().mute());
    expect(outcome).toMatchObject({ endReason: "NO_AUDIO_RECEIVED", talkMs: 30_000 });
    expect(told).toEqual([]);
  });

  const falls = (callee: Parameters<CalleeScript>[0]) =>
    callee.answer().silence({ durationMs: 10_000 }).mute();

  it("a call whose audio stops says so after 15 s, and ends after 60", async () => {
    const { outcome, told } = await call(falls);
    expect(outcome.endReason).toBe("IDLE_TIMEOUT");
    expect(outcome.talkMs).toBeGreaterThanOrEqual(69_900);
    expect(outcome.talkMs).toBeLessThanOrEqual(70_100);
    expect(told).toEqual(["started", "lost"]);
  });

  it("a call keeps to its own limits", async () => {
    const { outcome, told } = await call(falls, { rtpLostMs: 2_000, idleMs: 5_000 });
    expect(outcome.endReason).toBe("IDLE_TIMEOUT");
    expect(outcome.talkMs).toBeGreaterThanOrEqual(14_900);
    expect(outcome.talkMs).toBeLessThanOrEqual(15_100);
    expect(told).toEqual(["started", "lost"]);
  });

  it("a call whose audio comes back in time goes on", async () => {
    const { outcome, told } = await call(
      (callee) => callee.answer().speak("hello").mute({ durationMs: 40_000 }).stayOn(),
      { maxDurationMs: 300_000 },
    );
    expect(outcome.endReason).toBe("MAX_DURATION_REACHED");
    expect(told).toEqual(["started", "lost", "resumed"]);
  });
});

// All at once: they wait for seconds to go by, and hardly do anything.
describe.concurrent("over real SIP and RTP", () => {
  const closers: (() => unknown)[] = [];
  afterAll(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
    await closeAll();
  });

  const LIMITS = { noAudioMs: 700, rtpLostMs: 300, idleMs: 700, userSilenceMs: 60_000 };

  /** A call that we place to a phone made of text, whose RTP the test sends. */
  async function call(limits: Readonly<Record<string, number>> = {}) {
    const phone = await RawPeer.open();
    closers.push(() => phone.close());
    const rtp = await peerSocket();
    const carrier = createSipCarrier({ trunk: { uri: `sip:127.0.0.1:${phone.port}` } });
    const told: string[] = [];
    const calls = createCalls({ carrier, agent: quietAgent(told) });
    closers.push(() => calls.close());
    const { ended, session } = calls.dial({
      to: "+12025550100",
      limits: { ...LIMITS, ...limits },
    });
    const invite = await phone.next(/^INVITE /);
    const port = Number(/:(\d+)>/.exec(headerOf(invite, "Contact"))?.[1]);
    const media = Number(/^m=audio (\d+)/m.exec(invite)?.[1]);
    phone.reply(invite, "200 OK", port, { body: sdpOf(rtp.port) });
    await phone.next(/^ACK /);
    const dialog = {
      callId: headerOf(invite, "Call-ID"),
      ownTag: "answer",
      theirTag: tagOf(headerOf(invite, "From")),
      port,
    };
    let over = false;
    void ended.then(() => {
      over = true;
    });
    let sequence = 0;
    /** Packets 20 ms apart; comfort noise is payload type 13. */
    const speak = async (durationMs: number, payloadType = 0) => {
      const payload = new Uint8Array(payloadType === 13 ? 1 : 160).fill(0x55);
      for (let at = 0; at < durationMs && !over; at += 20) {
        sequence += 1;
        rtp.socket.send(rtpPacket(sequence, payload, payloadType), media, "127.0.0.1");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    let cseq = 10;
    const offer = async (direction: string) => {
      cseq += 1;
      phone.request("INVITE", dialog, cseq, {
        body: sdpOf(rtp.port, { lines: [`a=${direction}`] }),
      });
      await phone.next(new RegExp(`^SIP/2\\.0 200[\\s\\S]*CSeq: ${cseq} INVITE`));
      phone.request("ACK", dialog, cseq);
    };
    return { ended, session, told, speak, offer };
  }

  it("a call that never hears anything ends, and is named one-way", async () => {
    const { ended, told } = await call({ noAudioMs: 2_100 });
    expect(await ended).toMatchObject({
      endReason: "NO_AUDIO_RECEIVED",
      media: { packetsReceived: 0, oneWay: "nothing_received" },
    });
    expect(told).toEqual([]);
  });

  it("a call whose audio stops says so, and ends", async () => {
    const { ended, told, speak } = await call();
    await speak(200);
    const outcome = await ended;
    expect(outcome).toMatchObject({ endReason: "IDLE_TIMEOUT" });
    expect(outcome.media?.oneWay).toBeUndefined();
    expect(told).toEqual(["started", "lost"]);
  });

  it("a call whose audio comes back goes on", async () => {
    const { ended, told, speak } = await call({ idleMs: 5_000, maxDurationMs: 2_000 });
    await speak(200);
    await vi.waitFor(() => expect(told).toEqual(["started", "lost"]), WAIT);
    await speak(200);
    expect((await ended).endReason).toBe("MAX_DURATION_REACHED");
    expect(told.slice(0, 3)).toEqual(["started", "lost", "resumed"]);
  });

  it.each(["sendonly", "inactive"])(
    "a peer that holds with %s is not missed",
    async (direction) => {
      const { ended, told, speak, offer } = await call({ maxDurationMs: 3_500 });
      await speak(200);
      await offer(direction);
      await vi.waitFor(() => expect(told).toEqual(["started", "far_side holds"]), WAIT);
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      await offer("sendrecv");
      await speak(10_000);
      expect(await ended).toMatchObject({ endReason: "MAX_DURATION_REACHED" });
      expect(told.slice(0, 3)).toEqual(["started", "far_side holds", "far_side goes on"]);
    },
  );

  it("a peer that holds before it ever spoke is not missed either", async () => {
    const { ended, told, offer } = await call({ maxDurationMs: 1_500 });
    await offer("inactive");
    expect(await ended).toMatchObject({ endReason: "MAX_DURATION_REACHED" });
    expect(told).toEqual(["far_side holds"]);
  });

  it("comfort noise is a sign of life", async () => {
    const { ended, told, speak } = await call({ maxDurationMs: 1_800 });
    await speak(200);
    await speak(20, 13);
    expect(await ended).toMatchObject({ endReason: "MAX_DURATION_REACHED" });
    expect(told).toEqual(["started"]);
  });
});
