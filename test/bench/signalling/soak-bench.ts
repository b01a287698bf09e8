import { seededRandom } from "@offhook/session";
import { type EmitRow, figure } from "../row.js";
import { startScript, startSippServer } from "./child.js";
import { LossyRelay } from "./lossy-relay.js";
import type { Soak, SoakResult } from "./offhook-soak.js";

const CALLS_PER_SECOND = 300;

/** 300 calls a second for a while, with an eye on every branch that goes by. */
export async function soakBench(emit: EmitRow, seconds: number): Promise<void> {
  const sipp = await startSippServer();
  const branches = new BranchBook();
  const relay = new LossyRelay({
    target: { host: "127.0.0.1", port: sipp.port },
    loss: 0,
    random: seededRandom(1),
    onRequest: (text) => branches.note(text),
  });
  const soak: Soak = { port: await relay.open(), seconds, callsPerSecond: CALLS_PER_SECOND };
  const script = startScript("offhook-soak.js", soak);
  try {
    const result = await script.next<SoakResult>((seconds + 70) * 1_000);
    const rate = `soak of ${seconds} s`;
    emit(
      figure(`${rate}: calls placed`, result.callsPerSecond, "calls/s", {
        atLeast: 0.99 * CALLS_PER_SECOND,
      }),
    );
    emit(figure(`${rate}: calls that failed`, result.failed, "calls", { atMost: 0 }));
    emit(figure(`${rate}: branches drawn twice`, branches.collisions, "branches", { atMost: 0 }));
    if (result.growth !== undefined)
      emit(figure(`${rate}: heap at the end over after 40 s`, result.growth, "×", { atMost: 1.1 }));
  } finally {
    script.stop();
    relay.close();
    sipp.stop();
  }
}

/** Finds a branch that two requests share which have nothing to do with each other. */
class BranchBook {
  collisions = 0;
  readonly #owners = new Map<string, string>();

  note(text: string): void {
    const branch = /;branch=([^;\s,]+)/.exec(text)?.[1];
    // CANCEL and the ACK of a refusal share their INVITE's branch, and with it its number.
    const owner = `${/^Call-ID: *(.*)$/im.exec(text)?.[1]} ${/^CSeq: *(\d+)/im.exec(text)?.[1]}`;
    if (branch === undefined) return;
    const known = this.#owners.get(branch);
    if (known === undefined) this.#owners.set(branch, owner);
    else if (known !== owner) this.collisions += 1;
  }
}
