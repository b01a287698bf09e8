import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallSession } from "../call/call-session.js";
import { carrierProfileSchema, resolveLimits } from "../call/call-settings.js";
import { createSipCarrier, type SipCarrier } from "../sip/sip-carrier.js";
import { type LoopbackCarrier, startLoopbackCarrier } from "../testing/loopback-carrier.js";
import type { CalleeScript } from "../testing/scenario.js";
import { type PlaneThread, planeOver } from "./create-media-plane.js";
import { MediaThread } from "./worker/media-thread.js";
import { type LoadSample, OverloadGuard } from "./worker/overload.js";

const CALM: LoadSample = {
  ticks: 200,
  lateTicks: 0,
  legs: 400,
  expectedPackets: 20_000,
  lostPackets: 0,
  droppedByKernel: 0,
};
/** One packet in fifty never came, and the kernel knows of it. */
const LOSSY: LoadSample = { ...CALM, lostPackets: 400, droppedByKernel: 400 };

/** A media thread whose load is told rather than measured. */
class MeasuredThread extends MediaThread implements PlaneThread {
  private readonly guard = new OverloadGuard();

  override get overloaded(): boolean {
    return this.guard.overloaded;
  }

  measures(sample: LoadSample, seconds: number): void {
    for (let second = 0; second < seconds; second++) this.guard.take(sample);
  }
}

const NUMBER = "+12025550142";

let far: LoopbackCarrier;
let us: SipCarrier;
const threads = [
  new MeasuredThread({ sockets: "batched" }),
  new MeasuredThread({ sockets: "batched" }),
];

beforeAll(async () => {
  const script: CalleeScript = (callee) => callee.answer().hangUp();
  far = await startLoopbackCarrier({
    numbers: [{ number: NUMBER, callee: "answers and hangs up", script }],
  });
  us = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    trunk: { uri: far.uri, ...far.credentials },
    mediaPlane: planeOver(threads, {}),
  });
});

afterAll(async () => {
  await us.close();
  await far.close();
});

async function callOut() {
  const call = new CallSession("outbound", {
    callId: "out",
    carrier: us,
    settings: {
      limits: resolveLimits(),
      profile: carrierProfileSchema.parse({}),
      hearsVoice: false,
    },
  });
  call.dial({ destination: us.parseDestination(NUMBER) });
  return await call.ended;
}

async function callIn() {
  const { addresses } = await us.ready();
  const to = `sip:agent@127.0.0.1:${addresses[0]?.port}`;
  const stop = us.receiveCalls((offer) => offer.refuse(480));
  try {
    const call = far.callIn({ from: NUMBER, to, caller: (caller) => caller.stayOn() });
    return (await call.ended).status;
  } finally {
    stop();
  }
}

describe("a media plane that loses packets", () => {
  it("takes calls while one of its threads does not", async () => {
    threads[0]?.measures(LOSSY, 3);
    expect((await callOut()).endReason).not.toBe("SIP_FAILED_MEDIA");
    expect(await callIn()).toBe(480);
  });

  it("takes none once all of them do: 503 to who calls us, and a call of ours ends for what it is", async () => {
    for (const thread of threads) thread.measures(LOSSY, 3);
    expect(await callIn()).toBe(503);
    const outcome = await callOut();
    expect(outcome.endReason).toBe("SIP_FAILED_MEDIA");
    expect(JSON.stringify(outcome)).toContain("overloaded");
    const port = planeOver(threads, {}).open({
      callId: "refused",
      localAddress: "127.0.0.1",
      sampleRate: 8000,
      rtpLostMs: 5_000,
      onSignal() {},
    });
    await expect(port.local).rejects.toMatchObject({ code: "MEDIA_OVERLOADED" });
  });

  it("takes them again when it has been well for some seconds", async () => {
    for (const thread of threads) thread.measures(CALM, 3);
    expect((await callOut()).endReason).not.toBe("SIP_FAILED_MEDIA");
    expect(await callIn()).toBe(480);
  });
});
