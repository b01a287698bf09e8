import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { InboundLeg } from "../../carrier.js";
import { createMediaPlane } from "../../media/create-media-plane.js";
import { readWav } from "../../media/recording/wav.js";
import { concatAudio, monoFrame } from "../../media/send/tones.js";
import { likeness } from "../../media/testing/correlation.js";
import { sweep } from "../../media/testing/plane-fixture.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";

// Real speech over real sockets: what a transfer must not lose.
const closers: SipCarrier[] = [];
const folder = mkdtempSync(join(tmpdir(), "offhook-moved-"));
afterEach(async () => {
  await Promise.all(closers.splice(0).map((carrier) => carrier.close()));
  rmSync(folder, { recursive: true, force: true });
});

interface Person {
  readonly uri: string;
  readonly signals: LegSignal[];
  readonly leg: () => InboundLeg | undefined;
  /** All that was heard so far. */
  readonly heard: () => Int16Array;
}

/** Somebody who answers, with SRTP or not at all. */
async function person(): Promise<Person> {
  const carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: createMediaPlane(),
    srtp: "required",
  });
  closers.push(carrier);
  const signals: LegSignal[] = [];
  const pieces: Int16Array[] = [];
  let leg: InboundLeg | undefined;
  carrier.receiveCalls((offer) => {
    leg = offer.accept({ onSignal: (signal) => signals.push(signal) });
    leg.media.onFrame(({ data }) => pieces.push(data));
    leg.answer();
  });
  const [address] = (await carrier.ready()).addresses;
  const uri = `sip:somebody@127.0.0.1:${address?.port}`;
  return { uri, signals, leg: () => leg, heard: () => concatAudio(...pieces) };
}

it("a transfer goes on under keys of its own, in the same recording", async () => {
  const [desk, boss] = [await person(), await person()];
  const carrier = createSipCarrier({ mediaPlane: createMediaPlane(), srtp: "required" });
  closers.push(carrier);
  const signals: LegSignal[] = [];
  const leg = carrier.placeCall(
    { callId: "moved", destination: carrier.parseDestination(desk.uri) },
    {
      onSignal(signal) {
        signals.push(signal);
        if (signal.type === "transfer_request") leg.acceptTransfer?.(signal.request.requestId);
      },
    },
  );
  const told = () => signals.map(({ type }) => type);
  await expect.poll(told, { timeout: 5_000 }).toContain("answered");
  const file = join(folder, "moved.wav");
  await leg.media.record?.(file);
  const heard: Int16Array[] = [];
  leg.media.onFrame(({ data }) => heard.push(data));

  const first = sweep(400, 8_000);
  await leg.media.write(monoFrame(first, 8_000));
  await leg.media.mark();
  desk.leg()?.refer?.(boss.uri);
  await expect.poll(told, { timeout: 5_000 }).toContain("far_side_changed");
  await expect.poll(() => boss.signals.map(({ type }) => type)).toContain("answered");

  // Higher than all of the first.
  const second = sweep(800, 8_000).slice(3_200);
  await leg.media.write(monoFrame(second, 8_000));
  await leg.media.mark();
  await boss.leg()?.media.write(monoFrame(first, 8_000));
  await boss.leg()?.media.mark();
  await expect.poll(() => likeness(boss.heard(), second, 400)).toBeGreaterThan(0.9);
  await expect.poll(() => likeness(concatAudio(...heard), first, 400)).toBeGreaterThan(0.9);
  expect(likeness(desk.heard(), first, 400)).toBeGreaterThan(0.9);

  leg.bye();
  await expect.poll(() => boss.signals.map(({ type }) => type)).toContain("far_side_ended");
  leg.release();
  await Promise.all(closers.splice(0).map((carrier) => carrier.close()));
  const { samples, channels } = readWav(readFileSync(file));
  const said = samples.filter((_, index) => index % channels === 1);
  expect(likeness(said, first, 400)).toBeGreaterThan(0.9);
  expect(likeness(said, second, 400)).toBeGreaterThan(0.9);
});
