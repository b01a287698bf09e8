import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ClipName, clipPath } from "@offhook/session/testing";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { readWav, writeWav } from "../../../packages/session/src/media/recording/wav.js";
import { bestMatch } from "../../../packages/session/src/media/testing/correlation.js";
import { upper } from "../matrix.js";
import { matrixRow } from "../matrix-row.js";
import { type Baresip, type BaresipOptions, startBaresip } from "./baresip.js";
import { type Offhook, startOffhook } from "./offhook.js";
import { onlyOutcome, statesOf } from "./outcome-shape.js";

const folder = mkdtempSync(join(tmpdir(), "offhook-audio-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const RATE = 8_000;
const AUDIBLE = 500;
/** Both speak at once, each something else. */
const WE_SAY: ClipName = "business_greeting";
const BARESIP_SAYS: ClipName = "name";

const samplesOf = (wav: Uint8Array) => readWav(wav).samples;
const clip = (name: ClipName) => samplesOf(readFileSync(clipPath(name)));

/** Nobody speaks in the very moment of the answer. */
const BREATH = (RATE * 300) / 1_000;

/** Writes what baresip is to say; it hangs up where the file ends, so silence follows. */
function speech(name: ClipName, silenceMs: number): string {
  const path = join(folder, `${name}-${silenceMs}.wav`);
  const spoken = clip(name);
  const samples = new Int16Array(BREATH + spoken.length + (silenceMs * RATE) / 1_000);
  samples.set(spoken, BREATH);
  writeFileSync(path, writeWav({ sampleRate: RATE, channels: 1, samples }));
  return path;
}

async function baresip(options: BaresipOptions): Promise<Baresip> {
  const peer = await startBaresip(options);
  closers.push(() => peer.stop());
  return peer;
}

function offhook(command: readonly string[], heard = ""): Offhook {
  const process = startOffhook(command, {
    environment: { SAY_WAV: clipPath(WE_SAY), HEARD_WAV: heard },
  });
  closers.push(() => process.stop());
  return process;
}

const recorder = [
  "--agent",
  fileURLToPath(new URL("./agents/records.ts", import.meta.url)),
] as const;

/** 100 ms: short enough that a slip in time, on a busy machine, spoils few of them. */
const PIECE = RATE / 10;
const SAME_SOUND = 0.9;

/** How much of what was said is in the recording, in order; 1 when every piece was found. */
function shareHeard(recording: Int16Array, spoken: Int16Array): number {
  let pieces = 0;
  let found = 0;
  let from = 0;
  let within = recording.length;
  for (let at = 0; at + PIECE <= spoken.length; at += PIECE) {
    const piece = spoken.subarray(at, at + PIECE);
    if (piece.every((sample) => Math.abs(sample) < AUDIBLE)) continue;
    pieces += 1;
    const match = bestMatch(recording.subarray(from, from + within), piece);
    if (match.correlation < SAME_SOUND) continue;
    found += 1;
    from += match.atSample + PIECE;
    within = RATE;
  }
  return found / pieces;
}

function expectHeard(recording: Uint8Array, name: ClipName): void {
  expect(shareHeard(samplesOf(recording), clip(name))).toBeGreaterThan(2 / 3);
}

describe.each(["udp", "tcp"] as const)("baresip over %s", (transport) => {
  const trunkOf = ({ port }: Baresip) => [
    "--trunk",
    `sip:127.0.0.1:${port}`,
    "--transport",
    transport,
  ];

  it("is called by offhook dial, and hears what it plays", async () => {
    const peer = await baresip({ transport, say: speech("hello", 12_000) });
    const flags = [...trunkOf(peer), "--play", clipPath(WE_SAY), "--hangup-after", "3500"];
    const exit = await offhook(["dial", "sip:baresip@127.0.0.1", ...flags]).exited;
    const outcome = onlyOutcome(exit);
    expect(outcome).toMatchObject({
      direction: "outbound",
      finalState: "ended",
      endReason: "AGENT_HUNG_UP",
      endedBy: "agent",
      sip: { status: 200 },
      message: { complete: true },
      errors: [],
    });
    expect(statesOf(outcome)).toEqual(["pending", "dialing", "ringing", "active", "ended"]);
    expectHeard(await peer.hangUp(), WE_SAY);
  });

  it("is called by an agent, and each hears the other", async () => {
    const about = { case: "audio both ways", peer: "baresip" } as const;
    matrixRow({ ...about, transport: upper(transport), role: "we call" });
    const heard = join(folder, `dial-${transport}.wav`);
    const peer = await baresip({ transport, say: speech(BARESIP_SAYS, 10_000) });
    const command = ["dial", "sip:baresip@127.0.0.1", ...trunkOf(peer), ...recorder];
    expect(onlyOutcome(await offhook(command, heard).exited)).toMatchObject({
      endReason: "AGENT_HUNG_UP",
      endedBy: "agent",
    });
    expectHeard(await peer.hangUp(), WE_SAY);
    expectHeard(readFileSync(heard), BARESIP_SAYS);
  });

  it("hangs up on offhook dial", async () => {
    const peer = await baresip({ transport, say: speech("hello", 300) });
    const exit = await offhook(["dial", "sip:baresip@127.0.0.1", ...trunkOf(peer)]).exited;
    expect(onlyOutcome(exit)).toMatchObject({
      finalState: "ended",
      endReason: "USER_HUNG_UP_IN_CALL",
      endedBy: "user",
    });
  });

  it("calls offhook answer, and each hears the other", async () => {
    const about = { case: "audio both ways", peer: "baresip" } as const;
    matrixRow({ ...about, transport: upper(transport), role: "we answer" });
    const heard = join(folder, `answer-${transport}.wav`);
    const listen = ["--listen", `${transport}:127.0.0.1:0`, "--max-calls", "1"];
    const us = offhook(["answer", ...listen, ...recorder], heard);
    const dial = `sip:+12025550199@127.0.0.1:${await us.port()};transport=${transport}`;
    const peer = await baresip({ transport, say: speech(BARESIP_SAYS, 10_000), dial });
    expect(onlyOutcome(await us.exited)).toMatchObject({
      to: "+12025550199",
      from: "baresip",
      direction: "inbound",
      endReason: "AGENT_HUNG_UP",
      endedBy: "agent",
    });
    expectHeard(await peer.hangUp(), WE_SAY);
    expectHeard(readFileSync(heard), BARESIP_SAYS);
  });
});

describe.each([
  ["srtp", "allowed"],
  ["srtp-mand", "required"],
] as const)("baresip with mediaenc=%s, and SRTP %s here", (theirs, ours) => {
  it("is called, and each hears the other", async () => {
    const heard = join(folder, `dial-${theirs}.wav`);
    const peer = await baresip({
      transport: "tcp",
      say: speech(BARESIP_SAYS, 10_000),
      srtp: theirs,
    });
    const trunk = ["--trunk", `sip:127.0.0.1:${peer.port}`, "--transport", "tcp", "--srtp", ours];
    const command = ["dial", "sip:baresip@127.0.0.1", ...trunk, ...recorder];
    expect(onlyOutcome(await offhook(command, heard).exited)).toMatchObject({
      endReason: "AGENT_HUNG_UP",
      errors: [],
    });
    expectHeard(await peer.hangUp(), WE_SAY);
    expectHeard(readFileSync(heard), BARESIP_SAYS);
    expect(peer.log()).toMatch(/SRTP/i);
  });

  it("calls, and each hears the other", async () => {
    const heard = join(folder, `answer-${theirs}.wav`);
    const listen = ["--listen", "tcp:127.0.0.1:0", "--max-calls", "1", "--srtp", ours];
    const us = offhook(["answer", ...listen, ...recorder], heard);
    const dial = `sip:+12025550199@127.0.0.1:${await us.port()};transport=tcp`;
    const say = speech(BARESIP_SAYS, 10_000);
    const peer = await baresip({ transport: "tcp", say, dial, srtp: theirs });
    expect(onlyOutcome(await us.exited)).toMatchObject({ endReason: "AGENT_HUNG_UP" });
    expectHeard(await peer.hangUp(), WE_SAY);
    expectHeard(readFileSync(heard), BARESIP_SAYS);
    expect(peer.log()).toMatch(/SRTP/i);
  });
});

it("refuses baresip with 488 where SRTP is required and it has none", async () => {
  const us = offhook(["answer", "--listen", "tcp:127.0.0.1:0", "--srtp", "required"]);
  const dial = `sip:+12025550199@127.0.0.1:${await us.port()};transport=tcp`;
  const peer = await baresip({ transport: "tcp", say: speech("hello", 300), dial });
  await expect.poll(peer.log, { timeout: 5_000 }).toContain("488");
});
