import { createMediaPlane, createSipCarrier, type InboundLeg } from "@offhook/session";
import { afterAll, expect, it, vi } from "vitest";
import { concatAudio, monoFrame } from "../../packages/session/src/media/send/tones.js";
import { likeness } from "../../packages/session/src/media/testing/correlation.js";
import { sweep } from "../../packages/session/src/media/testing/plane-fixture.js";

/** Not `expect.poll`, which belongs to one test at a time. */
const WAIT = { timeout: 5_000, interval: 50 };

const closers: (() => unknown)[] = [];
afterAll(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Two carriers of ours in a call, each with or without comfort noise. */
async function call(ours: boolean, theirs: boolean) {
  const far = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: createMediaPlane({ comfortNoise: theirs }),
  });
  closers.push(() => far.close());
  const answered = new Promise<InboundLeg>((resolve) => {
    far.receiveCalls((offer) => {
      const leg = offer.accept({ onSignal() {} });
      leg.answer();
      resolve(leg);
    });
  });
  const { addresses } = await far.ready();
  const near = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${addresses[0]?.port}` },
    mediaPlane: createMediaPlane({ comfortNoise: ours }),
  });
  closers.push(() => near.close());
  const destination = near.parseDestination("+12025550100");
  const leg = near.placeCall({ callId: "quiet", destination }, { onSignal() {} });
  return { leg, callee: await answered };
}

// At once: they wait for seconds of audio to be played.
it.concurrent("is sent in place of silence where both sides want it, and speech follows it whole", async () => {
  const { leg, callee } = await call(true, true);
  const heard: Int16Array[] = [];
  callee.media.onFrame(({ data }) => heard.push(data));
  await vi.waitFor(() => expect(leg.media.stats().packetsSent).toBeGreaterThan(0), WAIT);
  const before = leg.media.stats().packetsSent;
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  // A steady stream would have sent a hundred.
  expect(leg.media.stats().packetsSent - before).toBeLessThan(60);
  const said = sweep(400, 8_000);
  await leg.media.write(monoFrame(said, 8_000));
  await leg.media.mark();
  await vi.waitFor(
    () => expect(likeness(concatAudio(...heard), said, 400)).toBeGreaterThan(0.9),
    WAIT,
  );
});

it.concurrent.each([
  [true, false],
  [false, true],
])("is not sent where only one side wants it (%s, %s)", async (ours, theirs) => {
  const { leg } = await call(ours, theirs);
  await vi.waitFor(() => expect(leg.media.stats().packetsSent).toBeGreaterThan(0), WAIT);
  await vi.waitFor(() => expect(leg.media.stats().packetsSent).toBeGreaterThan(60), WAIT);
});
