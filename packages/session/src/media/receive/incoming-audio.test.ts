import { describe, expect, it } from "vitest";
import type { HeardFrame } from "../../vocabulary.js";
import { WRITE_AHEAD_MS, WriteGate } from "../send/write-gate.js";
import { IncomingAudio } from "./incoming-audio.js";

function heard(atMs: number): HeardFrame {
  return {
    data: new Int16Array(160),
    sampleRate: 8000,
    channels: 1,
    samplesPerChannel: 160,
    atMs,
    phase: "active",
  };
}

describe("incoming audio", () => {
  it("reaches every listener even when one throws, and tells of the throw", () => {
    const errors: unknown[] = [];
    const incoming = new IncomingAudio((error) => errors.push(error));
    const times: number[] = [];
    incoming.listen(() => {
      throw new Error("detector broke");
    });
    const stop = incoming.listen((frame) => times.push(frame.atMs));
    incoming.deliver(heard(0));
    stop();
    incoming.deliver(heard(20));
    expect(times).toEqual([0]);
    expect(errors).toHaveLength(2);
  });

  it("can be read as a stream that ends with the call", async () => {
    const incoming = new IncomingAudio(() => {});
    const { stream } = incoming;
    incoming.deliver(heard(0));
    incoming.deliver(heard(20));
    setTimeout(() => {
      incoming.deliver(heard(40));
      incoming.end();
    }, 1);
    const times: number[] = [];
    for await (const frame of stream) times.push((frame as HeardFrame).atMs);
    expect(times).toEqual([0, 20, 40]);
  });

  it("drops the oldest frames for a reader that falls behind", async () => {
    const incoming = new IncomingAudio(() => {});
    const { stream } = incoming;
    for (let index = 0; index < 400; index++) incoming.deliver(heard(index));
    incoming.end();
    const times: number[] = [];
    for await (const frame of stream) times.push((frame as HeardFrame).atMs);
    expect(times).toHaveLength(250);
    expect(times.at(-1)).toBe(399);
  });
});

describe("write gate", () => {
  it("holds a writer until the queue is short enough", async () => {
    const gate = new WriteGate();
    let through = false;
    await gate.enter(WRITE_AHEAD_MS - 1);
    const waiting = gate.enter(WRITE_AHEAD_MS + 20).then(() => {
      through = true;
    });
    gate.update(WRITE_AHEAD_MS);
    await Promise.resolve();
    expect(through).toBe(false);
    gate.update(WRITE_AHEAD_MS - 20);
    await waiting;
    expect(through).toBe(true);
  });

  it("lets everyone through when the call is over", async () => {
    const gate = new WriteGate();
    const waiting = gate.enter(10_000);
    gate.open();
    await waiting;
  });
});
