import {
  AudioFrame,
  AudioSource,
  AudioStream,
  dispose,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
} from "@livekit/rtc-node";
import { afterAll, expect, it } from "vitest";
import { startLiveKitDouble } from "./livekit-double.js";

afterAll(() => dispose());

it("lets two real clients join, hear each other and see each other's attributes", async () => {
  const double = await startLiveKitDouble();
  const [one, other] = [new Room(), new Room()];
  const heard = new Promise<number>((resolve) => {
    other.on(RoomEvent.TrackSubscribed, (track) => {
      void (async () => {
        for await (const frame of new AudioStream(
          track,
          8_000,
          1,
        ) as unknown as AsyncIterable<AudioFrame>) {
          const peak = Math.max(...frame.data);
          if (peak > 1_000) return resolve(peak);
        }
      })();
    });
  });
  const digit = new Promise<string>((resolve) =>
    other.on(RoomEvent.DtmfReceived, (_code, digit) => resolve(digit)),
  );
  await Promise.all([
    one.connect(double.url, double.tokenFor("one"), { autoSubscribe: true, dynacast: false }),
    other.connect(double.url, double.tokenFor("other"), { autoSubscribe: true, dynacast: false }),
  ]);
  const source = new AudioSource(8_000, 1);
  const options = new TrackPublishOptions();
  options.source = TrackSource.SOURCE_MICROPHONE;
  await one.localParticipant?.publishTrack(
    LocalAudioTrack.createAudioTrack("voice", source),
    options,
  );
  await one.localParticipant?.setAttributes({ "sip.callStatus": "active" });
  await one.localParticipant?.publishDtmf(5, "5");
  let stop = false;
  const hum = (async () => {
    for (let at = 0; !stop; at += 160) {
      const data = Int16Array.from(
        { length: 160 },
        (_, i) => 8_000 * Math.sin((2 * Math.PI * 300 * (at + i)) / 8_000),
      );
      await source.captureFrame(new AudioFrame(data, 8_000, 1, 160));
    }
  })();
  expect(await heard).toBeGreaterThan(1_000);
  expect(await digit).toBe("5");
  expect(double.attributesOf("one")).toEqual({ "sip.callStatus": "active" });
  stop = true;
  await hum;
  await one.disconnect();
  await other.disconnect();
  await double.close();
});
