import { expect, it } from "vitest";
import { VirtualLine } from "../testing/virtual-line.js";

const speech = { name: "PCMU", payloadType: 0, clockRate: 8000 };

it("digits go on as sound where the peer takes no more events in the middle of them, none of them twice", () => {
  const line = new VirtualLine();
  line.run(200);
  line.far.sendDigits({ digits: "1234", durationMs: 100, gapMs: 100, settle: () => {} });
  line.far.sendDigits({ digits: "56", durationMs: 100, gapMs: 100, settle: () => {} });
  // In the middle of the second one.
  line.run(300);
  for (const [leg, address] of [
    [line.far, "192.0.2.2"],
    [line.near, "192.0.2.1"],
  ] as const) {
    const remote = { address, port: 4000 };
    const codecs = { send: speech, receive: [speech] };
    leg.connect(
      { remote, ...codecs, direction: "sendrecv", packetMs: 20 },
      line.nowMs / 5,
      line.nowMs,
    );
  }
  line.run(2_000);
  const digits = line.signals.filter((signal) => signal.type === "dtmf");
  expect(digits.map(({ digit }) => digit)).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(digits.map(({ via }) => via)).toEqual(["rtp", "rtp", "audio", "audio", "audio", "audio"]);
});
