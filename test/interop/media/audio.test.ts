import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createSipCarrier,
  type HeardFrame,
  type InboundLeg,
  type MediaLeg,
  type OutboundLeg,
  type SipCarrierOptions,
} from "@offhook/session";
import { type ClipName, clipPath } from "@offhook/session/testing";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { encodeG711 } from "../../../packages/session/src/media/codecs/g711.js";
import { resample } from "../../../packages/session/src/media/codecs/resample.js";
import { readWav, toMono, writeWav } from "../../../packages/session/src/media/recording/wav.js";
import { concatAudio, monoFrame } from "../../../packages/session/src/media/send/tones.js";
import { type BaresipCodec, startBaresip } from "../cli/baresip.js";
import { recordLeg } from "../sip/leg-recorder.js";
import { type Sipp, startSipp } from "../sip/sipp.js";
import { type ImpairedPlane, impairedPlane } from "./impaired-plane.js";
import type { Impairment } from "./impaired-relay.js";
import { rtpPcap } from "./rtp-pcap.js";
import { type Similarity, similarity } from "./similarity.js";

const RATE = 8_000;
const folder = mkdtempSync(join(tmpdir(), "offhook-media-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const clip = (name: ClipName) => readWav(readFileSync(clipPath(name))).samples;
/** Both speak at once, each something else. */
const weSay = clip("business_greeting");
const theySay = clip("voicemail_greeting").subarray(0, 5 * RATE);

/** What baresip says, at its codec's rate: its own resampler is heard. It hangs up where the file ends. */
function speechAt(sampleRate: 8000 | 16_000): string {
  const path = join(folder, `speech-${sampleRate}.wav`);
  const whole = concatAudio(new Int16Array(RATE / 2), theySay, new Int16Array(10 * RATE));
  const samples = resample(whole, RATE, sampleRate);
  writeFileSync(path, writeWav({ sampleRate, channels: 1, samples }));
  return path;
}

const networks = {
  clean: {},
  "loss 3 %": { lossRate: 0.03 },
  "jitter 40 ms, out of order": { jitterMs: 40 },
  "twice 10 %, jitter 25 ms": { duplicateRate: 0.1, jitterMs: 25 },
  "loss 2 %, twice 5 %, jitter 30 ms": { lossRate: 0.02, duplicateRate: 0.05, jitterMs: 30 },
} as const satisfies Record<string, Impairment>;
type NetworkName = keyof typeof networks;

const codecs = { PCMU: "PCMU", PCMA: "PCMA", G722: "G722", opus: "OPUS" } as const;
/** Opus changes the wave on purpose, as long as it sounds the same. */
const wanted = { PCMU: 0.98, PCMA: 0.98, G722: 0.95, opus: 0.8 } as const;

interface Row {
  readonly peer: string;
  readonly codec: string;
  readonly network: string;
  readonly weHeard: Similarity;
  readonly theyHeard: Similarity | undefined;
}
const rows: Row[] = [];
afterAll(() => {
  const figure = (similarity: Similarity | undefined) =>
    similarity
      ? `${similarity.correlation.toFixed(3)} (${Math.round(100 * similarity.found)} %)`
      : "–";
  console.log(
    "peer | codec | network | heard here | heard there: median correlation (pieces found)",
  );
  for (const { peer, codec, network, weHeard, theyHeard } of rows)
    console.log([peer, codec, network, figure(weHeard), figure(theyHeard)].join(" | "));
});

function listening(media: MediaLeg): () => Int16Array {
  const frames: HeardFrame[] = [];
  media.onFrame((frame) => frames.push(frame));
  return () => concatAudio(...frames.map(({ data }) => data));
}

function open(plane: ImpairedPlane, options: Partial<SipCarrierOptions>) {
  const carrier = createSipCarrier({ ...options, mediaPlane: plane });
  closers.push(async () => {
    await carrier.close();
    await plane.close();
  });
  return carrier;
}

/** Speaks, listens for as long as both need, and hangs up. */
async function converse(leg: OutboundLeg | InboundLeg): Promise<Int16Array> {
  const heard = listening(leg.media);
  for (let at = 0; at < weSay.length; at += RATE)
    await leg.media.write(monoFrame(weSay.subarray(at, at + RATE), RATE));
  await leg.media.mark();
  const enough = theySay.length + RATE;
  await expect
    .poll(() => heard().length, { timeout: 20_000, interval: 100 })
    .toBeGreaterThan(enough);
  return heard();
}

async function call(
  plane: ImpairedPlane,
  to: { readonly port: number; readonly transport: "udp" | "tcp"; readonly srtp?: boolean },
) {
  const carrier = open(plane, {
    trunk: { uri: `sip:127.0.0.1:${to.port}`, transport: to.transport },
    srtp: to.srtp ? "required" : "off",
  });
  const told = recordLeg();
  const destination = carrier.parseDestination("sip:baresip@127.0.0.1");
  const leg = carrier.placeCall({ callId: "audio", destination }, told);
  const { answer } = await told.until("answered");
  expect(answer.usableMedia).toBe(true);
  return leg;
}

const nameOf = (peer: string, { agreements }: ImpairedPlane) => {
  const suite = agreements.at(-1)?.srtp?.suite;
  return suite ? `${peer}, ${suite}` : peer;
};

function compare(row: Row, least: number): void {
  rows.push(row);
  expect(row.weHeard.correlation).toBeGreaterThan(least);
  if (row.theyHeard) expect(row.theyHeard.correlation).toBeGreaterThan(least);
}

describe.each<readonly [BaresipCodec, "in the clear" | "encrypted", NetworkName]>([
  ["PCMU", "in the clear", "clean"],
  ["PCMU", "in the clear", "loss 3 %"],
  ["PCMU", "in the clear", "jitter 40 ms, out of order"],
  ["PCMU", "in the clear", "twice 10 %, jitter 25 ms"],
  ["PCMA", "in the clear", "clean"],
  ["PCMA", "in the clear", "loss 2 %, twice 5 %, jitter 30 ms"],
  ["G722", "in the clear", "clean"],
  ["G722", "in the clear", "loss 2 %, twice 5 %, jitter 30 ms"],
  ["opus", "in the clear", "clean"],
  ["opus", "in the clear", "loss 2 %, twice 5 %, jitter 30 ms"],
  ["PCMU", "encrypted", "clean"],
  ["PCMU", "encrypted", "loss 2 %, twice 5 %, jitter 30 ms"],
])("baresip and %s, %s, over a network that is: %s", (codec, secrecy, network) => {
  it("hear each other", async () => {
    const srtp = secrecy === "encrypted";
    const plane = impairedPlane(networks[network], { seed: 7, codecs: [codecs[codec]] });
    const peer = await startBaresip({
      transport: "tcp",
      say: speechAt(codec === "G722" ? 16_000 : 8_000),
      codec,
      ...(srtp ? { srtp: "srtp-mand" } : {}),
    });
    closers.push(() => peer.stop());
    const leg = await call(plane, { port: peer.port, transport: "tcp", srtp });
    const heardHere = await converse(leg);
    leg.bye();
    const there = readWav(await peer.hangUp());
    const mono = toMono(there.samples, there.channels);
    compare(
      {
        peer: nameOf("baresip", plane),
        codec,
        network,
        weHeard: similarity(heardHere, theySay),
        theyHeard: similarity(resample(mono, there.sampleRate, RATE), weSay),
      },
      wanted[codec],
    );
  });
});

describe.each<readonly [BaresipCodec, "in the clear" | "encrypted", NetworkName]>([
  ["PCMU", "encrypted", "clean"],
  ["G722", "in the clear", "loss 2 %, twice 5 %, jitter 30 ms"],
])("baresip that calls us with %s, %s, over a network that is: %s", (codec, secrecy, network) => {
  it("hears us, and we hear it", async () => {
    const srtp = secrecy === "encrypted";
    const plane = impairedPlane(networks[network], { seed: 9, codecs: [codecs[codec]] });
    const carrier = open(plane, {
      listen: ["tcp:127.0.0.1:0"],
      srtp: srtp ? "required" : "off",
    });
    const told = recordLeg();
    const answered = new Promise<InboundLeg>((resolve) => {
      carrier.receiveCalls((offer) => {
        const leg = offer.accept(told);
        leg.answer();
        resolve(leg);
      });
    });
    const { addresses } = await carrier.ready();
    const peer = await startBaresip({
      transport: "tcp",
      say: speechAt(codec === "G722" ? 16_000 : 8_000),
      codec,
      dial: `sip:us@127.0.0.1:${addresses[0]?.port};transport=tcp`,
      ...(srtp ? { srtp: "srtp-mand" } : {}),
    });
    closers.push(() => peer.stop());
    const leg = await answered;
    await told.until("answered");
    const heardHere = await converse(leg);
    leg.bye();
    const there = readWav(await peer.hangUp());
    const mono = toMono(there.samples, there.channels);
    compare(
      {
        peer: `${nameOf("baresip", plane)}, calling`,
        codec,
        network,
        weHeard: similarity(heardHere, theySay),
        theyHeard: similarity(resample(mono, there.sampleRate, RATE), weSay),
      },
      wanted[codec],
    );
  });
});

const template = readFileSync(new URL("./scenarios/answer-and-play.xml", import.meta.url), "utf8");
const laws = { PCMU: "mu", PCMA: "a" } as const;
const payloadTypes = { PCMU: 0, PCMA: 8 } as const;

/** Sipp binds the port and those above; down here the system gives ports to nobody by itself. */
const mediaPort = () => 16_000 + 8 * Math.floor(Math.random() * 1_000);

type Way = "pcap" | "stream" | "echo";

/** A scenario of sipp's that answers and plays our clip, or sends back what it gets. */
function playing(way: Way, codec: "PCMU" | "PCMA"): string {
  const name = join(folder, `${way}-${codec}`);
  const coded = new Uint8Array(theySay.length);
  encodeG711(laws[codec], theySay, coded);
  const payloadType = payloadTypes[codec];
  writeFileSync(`${name}.media`, way === "pcap" ? rtpPcap(coded, payloadType) : coded);
  const action = {
    pcap: `<exec play_pcap_audio="${name}.media"/>`,
    stream: `<exec rtp_stream="${name}.media,1,${payloadType}"/>`,
    echo: `<log message="nothing to play"/>`,
  }[way];
  const scenario = template
    .replace("<exec PLAY/>", action)
    .replace("[codec]", String(payloadType))
    .replace("[media_port]", way === "stream" ? "[rtpstream_audio_port]" : "[media_port]");
  writeFileSync(`${name}.xml`, scenario);
  return name;
}

/** Sipp leaves at once when somebody has one of its media ports. */
async function startPlaying(way: Way, codec: "PCMU" | "PCMA"): Promise<Sipp> {
  for (let attempt = 1; ; attempt++) {
    const media = ["-mi", "127.0.0.1", "-mp", String(mediaPort())];
    const sipp = await startSipp({
      scenario: playing(way, codec),
      arguments: [...media, ...(way === "echo" ? ["-rtp_echo"] : [])],
    });
    const moment = new Promise<undefined>((resolve) => setTimeout(resolve, 300, undefined));
    const left = await Promise.race([sipp.finished, moment]);
    if (!left) return sipp;
    if (attempt === 5) throw new Error(`sipp cannot play: ${left.errors}`);
  }
}

describe.each<readonly [Way, "PCMU" | "PCMA", NetworkName]>([
  ["pcap", "PCMU", "clean"],
  ["pcap", "PCMA", "loss 2 %, twice 5 %, jitter 30 ms"],
  ["stream", "PCMU", "clean"],
  ["stream", "PCMA", "jitter 40 ms, out of order"],
  // Its packets bear our own SSRC.
  ["echo", "PCMU", "clean"],
  ["echo", "PCMA", "loss 2 %, twice 5 %, jitter 30 ms"],
])("sipp's %s of %s over a network that is: %s", (way, codec, network) => {
  it("is heard", async () => {
    const plane = impairedPlane(networks[network], { seed: 3, codecs: [codec] });
    const sipp = await startPlaying(way, codec);
    closers.push(() => sipp.stop());
    const leg = await call(plane, { port: sipp.port, transport: "udp" });
    const heardHere = await converse(leg);
    leg.bye();
    const { code, errors } = await sipp.finished;
    expect(code, errors).toBe(0);
    const weHeard = similarity(heardHere, way === "echo" ? weSay : theySay);
    compare({ peer: `sipp, ${way}`, codec, network, weHeard, theyHeard: undefined }, 0.98);
  });
});
