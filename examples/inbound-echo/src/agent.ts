import { defineAgent } from "@offhook/agent";

/** Says back whatever it hears, 200 ms late. */
export const echoAgent = defineAgent({
  name: "inbound-echo",
  setup({ session }) {
    session.ring();
  },
  async onAnswer({ session, signal }) {
    const { audio } = session;
    const { sampleRate } = audio.format;
    const delay = new Int16Array(sampleRate / 5);
    await audio.write({ data: delay, sampleRate, channels: 1, samplesPerChannel: delay.length });
    const stop = audio.onFrame((frame) => {
      // A write that is not awaited can only fail because the call ended.
      audio.write(frame).catch(() => stop());
    });
    signal.addEventListener("abort", stop);
  },
});
