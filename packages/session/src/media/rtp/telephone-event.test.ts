import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.js";
import { DigitReceiver, writeTelephoneEvent } from "./telephone-event.js";

const RATE = 8_000;

function receiver() {
  const digits: string[] = [];
  const receive = new DigitReceiver(({ digit, durationMs }) =>
    digits.push(`${digit} ${durationMs}`),
  );
  let nowMs = 0;
  /** One packet, 20 ms after the one before. */
  const packet = (code: number, timestamp: number, ticks: number, end = false, rate = RATE) => {
    const payload = new Uint8Array(4);
    writeTelephoneEvent(payload, { code, end, durationTicks: ticks });
    nowMs += 20;
    receive.tick(nowMs);
    receive.receive(payload, timestamp, rate, nowMs);
  };
  const wait = (ms: number) => {
    nowMs += ms;
    receive.tick(nowMs);
  };
  return { digits, packet, wait, receive };
}

function everyUpTo(stepMs: number, endMs: number): number[] {
  return Array.from({ length: Math.ceil(endMs / stepMs) - 1 }, (_, at) => (at + 1) * stepMs);
}

describe("telephone-events", () => {
  it("count one digit for its three ends", () => {
    const { digits, packet } = receiver();
    for (const ticks of [160, 320, 480]) packet(5, 1_000, ticks);
    for (let end = 0; end < 3; end++) packet(5, 1_000, 640, true);
    expect(digits).toEqual(["5 80"]);
  });

  it("count a digit of which only the ends came, and one of which none came", () => {
    const { digits, packet, wait } = receiver();
    packet(1, 1_000, 800, true);
    packet(2, 3_000, 160);
    packet(2, 3_000, 320);
    wait(170);
    expect(digits).toEqual(["1 100"]);
    wait(10);
    expect(digits).toEqual(["1 100", "2 40"]);
    // What was kept back on its way tells of the same digit.
    packet(2, 3_000, 480, true);
    expect(digits).toHaveLength(2);
  });

  it("wait for the next packet as long as it takes three lost ones, in packets of 60 ms too", () => {
    const { digits, packet, wait } = receiver();
    packet(3, 1_000, 480);
    wait(4 * 60 - 20);
    packet(3, 1_000, 480 * 5, true);
    expect(digits).toEqual(["3 300"]);
  });

  it("count a digit once whose next segment comes when it was given up", () => {
    const { digits, packet, wait } = receiver();
    packet(3, 1_000, 65_000, false, 48_000);
    wait(400);
    packet(3, 1_000 + 65_535, 4_000, false, 48_000);
    packet(3, 1_000 + 65_535, 5_000, true, 48_000);
    // The same key pressed anew, with the next packet.
    packet(3, 1_000 + 65_535 + 5_960, 960, true, 48_000);
    expect(digits).toEqual(["3 1354", "3 20"]);
  });

  it("count the same key pressed twice in a row as two, also when all ends of the first are lost", () => {
    const { digits, packet } = receiver();
    for (const ticks of [160, 320]) packet(7, 1_000, ticks);
    for (const ticks of [160, 320]) packet(7, 1_640, ticks);
    for (let end = 0; end < 3; end++) packet(7, 1_640, 400, true);
    expect(digits).toEqual(["7 40", "7 50"]);
  });

  it("are not counted again when they are overtaken by the next digit", () => {
    const { digits, packet } = receiver();
    packet(1, 1_000, 160);
    packet(1, 1_000, 400, true);
    packet(2, 2_000, 160);
    packet(1, 1_000, 400, true);
    packet(2, 2_000, 320);
    packet(1, 1_000, 320);
    packet(2, 2_000, 400, true);
    packet(1, 1_000, 400, true);
    expect(digits).toEqual(["1 50", "2 50"]);
  });

  it("go on over segments, of full length and of less, at 8 and at 48 kHz", () => {
    const { digits, packet } = receiver();
    packet(3, 1_000, 0xffff);
    packet(3, 1_000 + 0xffff, 465, true);
    for (const [at, start] of [
      [1, 200_000],
      [2, 208_192],
      [3, 216_384],
    ] as const)
      packet(4, start, at === 3 ? 1_616 : 8_192, at === 3);
    for (let segment = 0; segment < 4; segment++)
      packet(6, 900_000 + segment * 0xffff, 0xffff, false, 48_000);
    packet(6, 900_000 + 4 * 0xffff, 25_860, true, 48_000);
    expect(digits).toEqual(["3 8250", "4 2250", "6 6000"]);
  });

  it("are as many as were pressed, of one key too, when any packet of each press came", () => {
    const random = seededRandom(5);
    for (let run = 0; run < 2_000; run++) {
      const { digits, receive } = receiver();
      const packetMs = [10, 20, 30, 60][run % 4] ?? 20;
      const durationMs = 40 + 10 * Math.floor(17 * random.unit());
      const gapMs = 10 + 10 * Math.floor(12 * random.unit());
      const lossRate = 0.7 * random.unit();
      const ends = Array.from({ length: 3 }, () => durationMs);
      let nowMs = 0;
      let heard = 0;
      for (let press = 0; press < 4; press++) {
        const begunMs = nowMs;
        const lengths = [...everyUpTo(packetMs, durationMs), ...ends];
        const came = lengths.filter((lengthMs, at) => {
          nowMs += packetMs;
          receive.tick(nowMs);
          if (random.unit() < lossRate) return false;
          const payload = new Uint8Array(4);
          const end = at >= lengths.length - ends.length;
          writeTelephoneEvent(payload, { code: 5, end, durationTicks: 8 * lengthMs });
          return receive.receive(payload, 8 * begunMs, RATE, nowMs);
        });
        if (came.length > 0) heard += 1;
        nowMs = Math.max(nowMs, begunMs + durationMs + gapMs);
      }
      receive.tick(nowMs + 1_000);
      expect(digits, JSON.stringify({ packetMs, durationMs, gapMs })).toHaveLength(heard);
    }
  });

  it("are told of another source as of the first, whatever its timestamps", () => {
    const { digits, packet, receive } = receiver();
    packet(8, 50_000, 400, true);
    receive.restart();
    packet(8, 50_000, 400, true);
    packet(9, 0xffff_ff00, 400, true);
    packet(9, 0x100, 400, true);
    expect(digits).toEqual(["8 50", "8 50", "9 50", "9 50"]);
  });

  it("that are no digits, or too short to be read, are passed over", () => {
    const { digits, packet, receive } = receiver();
    packet(16, 1_000, 400, true);
    packet(255, 1_000, 400, true);
    expect(receive.receive(new Uint8Array(3), 0, RATE, 0)).toBe(false);
    expect(digits).toEqual([]);
  });
});
