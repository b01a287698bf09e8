import { writeFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { defineAgent } from "@offhook/agent";

const say = process.env["SAY_WAV"] ?? "";
const heard = process.env["HEARD_WAV"] ?? "";
/** The peer begins to speak a little later than we hear the answer. */
const HEAR_OUT_MS = 1_500;

/** Says one file, and writes what it heard meanwhile to another. */
export default defineAgent({
  name: "records",
  detectors: [],
  setup({ session }) {
    const pieces: Int16Array[] = [];
    session.on("active", () => {
      session.audio.onFrame(({ data }) => void pieces.push(data.slice()));
    });
    session.on("call_end", () => writeFileSync(heard, wavOf(pieces)));
  },
  async onAnswer({ session, signal }) {
    await session.play(say, { signal });
    await after(HEAR_OUT_MS);
    await session.end();
  },
});

/** 16-bit PCM, mono, 8 kHz. */
function wavOf(pieces: readonly Int16Array[]): Buffer {
  const data = Buffer.concat(pieces.map((piece) => Buffer.from(piece.buffer, 0, piece.byteLength)));
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(16_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
