import { writeFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { defineAgent } from "@offhook/agent";
import { writeWav } from "@offhook/session";

const say = process.env["SAY_WAV"] ?? "";
const heard = process.env["HEARD_WAV"] ?? "";
/** The peer begins to speak a little later than we hear the answer. */
const HEAR_OUT_MS = 1_500;

/** Says one file, and writes what it heard meanwhile to another. */
export default defineAgent({
  name: "records",
  detectors: [],
  setup({ session }) {
    const samples: number[] = [];
    session.on("active", () => {
      session.audio.onFrame(({ data }) => void samples.push(...data));
    });
    session.on("call_end", () => {
      const audio = { samples: Int16Array.from(samples), sampleRate: 8_000, channels: 1 };
      writeFileSync(heard, writeWav(audio));
    });
  },
  async onAnswer({ session, signal }) {
    await session.play(say, { signal });
    await after(HEAR_OUT_MS);
    await session.end();
  },
});
