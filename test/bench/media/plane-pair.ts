import { type AudioFrame, createMediaPlane, type MediaPort } from "@offhook/session";
import { connect, openPort, sleep } from "./plane-load.js";

const FRAME_SAMPLES = 160;
const LOUD = 4_000;

function frameOf(value: number): AudioFrame {
  return {
    data: new Int16Array(FRAME_SAMPLES).fill(value),
    sampleRate: 8_000,
    channels: 1,
    samplesPerChannel: FRAME_SAMPLES,
  };
}

/**
 * From `write` on one side to the frame on the other, over two planes and a network that takes no
 * time: what our side adds once on the way out and once on the way in. Half of it is one call's.
 */
export async function mouthToEarMs(): Promise<number> {
  const planes = [createMediaPlane(), createMediaPlane()] as const;
  try {
    const [mouth, ear] = planes.map((plane) => openPort(plane)) as [MediaPort, MediaPort];
    const [mouthAt, earAt] = await Promise.all([mouth.local, ear.local]);
    connect(mouth, earAt.port);
    connect(ear, mouthAt.port);
    let heardMs: number | undefined;
    ear.onFrame((frame) => {
      if (frame.data.some((sample) => sample > LOUD / 2)) heardMs ??= performance.now();
    });
    await sleep(1_000);
    const delays: number[] = [];
    for (let round = 0; round < 40; round++) {
      heardMs = undefined;
      const saidMs = performance.now();
      await mouth.write(frameOf(LOUD));
      await sleep(150 + (round % 20));
      if (heardMs !== undefined) delays.push(heardMs - saidMs);
    }
    delays.sort((one, other) => one - other);
    return (delays[Math.floor(delays.length / 2)] ?? Number.NaN) / 2;
  } finally {
    await Promise.all(planes.map((plane) => plane.close()));
  }
}

const SECURE_PAIRS = 40;
const SECURE_SECONDS = 4;

/** CPU time of the same calls with SRTP over that without. */
export async function secureCostRatio(): Promise<number> {
  const plain = await pairsCpuMs(undefined);
  const key = Uint8Array.from({ length: 28 }, (_, index) => index);
  const secure = await pairsCpuMs({ suite: "AEAD_AES_128_GCM", sendKey: key, receiveKey: key });
  return secure / plain;
}

async function pairsCpuMs(srtp: Parameters<MediaPort["connect"]>[0]["srtp"]): Promise<number> {
  const plane = createMediaPlane();
  try {
    for (let pair = 0; pair < SECURE_PAIRS; pair++) {
      const [one, other] = [openPort(plane), openPort(plane)];
      const [oneAt, otherAt] = await Promise.all([one.local, other.local]);
      connect(one, otherAt.port, srtp && { srtp });
      connect(other, oneAt.port, srtp && { srtp });
    }
    await sleep(1_000);
    const before = process.cpuUsage();
    await sleep(1000 * SECURE_SECONDS);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  } finally {
    await plane.close();
  }
}
