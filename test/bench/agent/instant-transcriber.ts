import type { Transcriber } from "@offhook/agent";

const LOUD = 1_000;

/** Hears speech with its first loud frame, and its end with the first quiet one after it. */
export function instantTranscriber(onEnd: () => void = () => {}): Transcriber {
  return {
    open({ onTranscript }) {
      let speaking = false;
      return {
        push({ data }) {
          const isLoud = data.some((sample) => Math.abs(sample) > LOUD);
          if (isLoud === speaking) return;
          speaking = isLoud;
          if (isLoud) return onTranscript({ text: "yes", final: false });
          onEnd();
          onTranscript({ text: "yes please", final: true, endOfTurn: true });
        },
        close() {},
      };
    },
  };
}
