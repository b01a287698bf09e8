import { beforeEach, describe, expect, it } from "vitest";
import type { MediaLeg } from "../media/call-audio.js";
import { monoFrame } from "../media/send/tones.js";
import { type VirtualClock, virtualClock } from "../testing/fake-clock.js";
import { MeteredMedia } from "./metered-media.js";

/** A leg that plays what is written, in time with the clock. */
function playingLeg(clock: VirtualClock): MediaLeg {
  let queuedMs = 0;
  let paused = false;
  const play = () => {
    if (!paused) queuedMs = Math.max(0, queuedMs - 20);
    clock.setTimeout(play, 20);
  };
  clock.setTimeout(play, 20);
  const leg: Partial<MediaLeg> = {
    async write({ samplesPerChannel }) {
      queuedMs += samplesPerChannel / 8;
    },
    async clear() {
      queuedMs = 0;
      return { playedMs: 0 };
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    get queuedMs() {
      return queuedMs;
    },
  };
  return leg as MediaLeg;
}

describe("an agent", () => {
  let clock: VirtualClock;
  let media: MeteredMedia;
  let audible: string[];
  const say = (durationMs: number) => media.write(monoFrame(new Int16Array(8 * durationMs), 8000));

  beforeEach(() => {
    clock = virtualClock();
    audible = [];
    media = new MeteredMedia(playingLeg(clock), {
      clock,
      openedAtMs: 0,
      // A short pause is still speech: what is told is up to 60 ms behind.
      onAgentVoice: (active) =>
        void audible.push(`${active} ${100 * Math.floor(clock.nowMs() / 100)}`),
    });
  });

  it("is audible for as long as what it wrote is played", async () => {
    await say(400);
    await clock.advanceBy(200);
    await say(400);
    await clock.advanceBy(2_000);
    expect(audible).toEqual(["true 0", "false 800"]);
  });

  it("is not audible any more once what it wrote is cleared, however much of it there was", async () => {
    await say(1_500);
    await clock.advanceBy(300);
    await media.clear();
    expect(audible).toEqual(["true 0", "false 300"]);
    await clock.advanceBy(100);
    await say(200);
    await clock.advanceBy(2_000);
    expect(audible.slice(2)).toEqual(["true 400", "false 600"]);
  });

  it("is not audible while it is paused, whatever it writes, and is again afterwards", async () => {
    await say(500);
    await clock.advanceBy(200);
    media.pause();
    await say(300);
    await clock.advanceBy(1_000);
    media.resume();
    await clock.advanceBy(2_000);
    expect(audible).toEqual(["true 0", "false 200", "true 1200", "false 1800"]);
  });

  it("that has nothing to say is not heard for being resumed", async () => {
    media.pause();
    await clock.advanceBy(100);
    media.resume();
    await clock.advanceBy(100);
    expect(audible).toEqual([]);
  });
});
