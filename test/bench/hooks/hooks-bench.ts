import { createCalls, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { type EmitRow, figure, percentile } from "../row.js";
import { AnsweringPeer } from "./answering-peer.js";

const CALLS_UP = 100;
const ROUNDS = 5;

/** From a BYE on the wire to the `call_end` hook, with a hundred calls up and their audio flowing. */
export async function hooksBench(emit: EmitRow): Promise<void> {
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) samples.push(...(await oneRound()));
  emit(figure("BYE to call_end, p50", percentile(samples, 0.5), "ms", { atMost: 1 }));
  emit(figure("BYE to call_end, p99", percentile(samples, 0.99), "ms", { atMost: 5 }));
  emit(figure("calls up meanwhile", CALLS_UP, "calls"));
}

async function oneRound(): Promise<number[]> {
  const peer = new AnsweringPeer();
  const uri = await peer.listen();
  const carrier = createSipCarrier({ trunk: { uri } });
  let onEnd: () => void = () => {};
  const calls = createCalls({
    carrier,
    agent: defineAgent({
      name: "bench",
      setup: ({ session }) => void session.on("call_end", () => onEnd()),
    }),
  });
  try {
    const placed = Array.from({ length: CALLS_UP }, () => calls.dial({ to: "+12025550100" }));
    await Promise.all(
      placed.map(
        ({ session }) => new Promise<void>((resolve) => void session.on("active", () => resolve())),
      ),
    );
    const samples: number[] = [];
    for (const callId of peer.callIds) {
      await pause();
      const endedMs = new Promise<number>((resolve) => {
        onEnd = () => resolve(performance.now());
      });
      const sentMs = peer.hangUp(callId);
      samples.push((await endedMs) - sentMs);
    }
    return samples;
  } finally {
    await calls.close();
    peer.close();
  }
}

/** Lets the other calls go on between two samples, so that no sample waits for the last one. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
