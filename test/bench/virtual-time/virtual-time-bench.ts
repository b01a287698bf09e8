import { createCalls, defineAgent } from "@offhook/agent";
import { type CalleeScript, simulateCarrier } from "@offhook/session/testing";
import { type EmitRow, figure, percentile } from "../row.js";

const ROUNDS = 21;

/** What a test in virtual time costs: whole calls, agent and detectors included. */
export async function virtualTimeBench(emit: EmitRow): Promise<void> {
  const ring = await medianMs((callee) => callee.ring());
  emit(figure("a 45 s ring in virtual time", ring, "ms", { atMost: 100 }));
  const talk = await medianMs((callee) =>
    callee.answer().speak("voicemail_greeting").silence({ durationMs: 40_000 }).hangUp(),
  );
  emit(figure("a 45 s conversation in virtual time", talk, "ms"));
}

async function medianMs(callee: CalleeScript): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    const carrier = simulateCarrier(callee);
    const agent = defineAgent({
      name: "bench",
      limits: { ringMs: 45_000, userSilenceMs: 60_000 },
    });
    const calls = createCalls({ carrier, agent });
    await carrier.clock.runUntil(calls.dial({ to: "+12025550100" }).ended);
    await calls.close();
    samples.push(performance.now() - startedMs);
  }
  return percentile(samples, 0.5);
}
