import { type AudioSource, type CallSession, isTerminal, messageOf } from "@offhook/session";
import { playSource } from "./play.js";

export interface HoldOptions {
  /**
   * What the far side hears meanwhile, again and again; a stream once. Silence without it. Whatever
   * the agent plays or says on a held call is heard after what is left of it.
   */
  readonly music?: AudioSource;
}

/** How long the far side may take to agree. */
const AGREE_MS = 10_000;

/** Whether the far side of one call waits, and to what music. */
export class Hold {
  readonly #call: CallSession;
  #music: AbortController | undefined;

  constructor(call: CallSession) {
    this.#call = call;
  }

  /**
   * Puts the far side on hold or takes it off. Settles with whether it is as asked: false when the far
   * side did not agree in time, or the call ended. Rejects with CALL_NOT_ACTIVE, UNSUPPORTED.
   */
  async set(held: boolean, { music }: HoldOptions = {}): Promise<boolean> {
    this.#music?.abort();
    this.#music = undefined;
    const agreed = await holdCall(this.#call, held);
    if (agreed && held && music !== undefined) {
      this.#music = new AbortController();
      void this.#play(music, this.#music.signal);
    }
    return agreed;
  }

  async #play(music: AudioSource, signal: AbortSignal): Promise<void> {
    const call = this.#call;
    try {
      while (!signal.aborted && !isTerminal(call.state)) {
        const { complete, totalMs } = await playSource(call, music, { signal });
        // A stream is used up, and nothing repeated is for ever nothing.
        if (!complete || totalMs === 0 || Symbol.asyncIterator in Object(music)) return;
      }
    } catch (thrown) {
      // The far side waits in silence then.
      call.noteFault({ code: "INVALID_AUDIO", message: messageOf(thrown), where: "hold:music" });
    }
  }
}

async function holdCall(call: CallSession, held: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const undo: (() => void)[] = [];
    const settle = (done: boolean) => {
      for (const step of undo.splice(0)) step();
      resolve(done);
    };
    undo.push(
      call.on("hold", (event) => {
        if (event.by === "us" && event.held === held) settle(true);
      }),
      call.on("call_end", () => settle(false)),
    );
    const timer = call.clock.setTimeout(() => settle(false), AGREE_MS);
    undo.push(() => call.clock.clear(timer));
    try {
      call.hold(held);
      if (isTerminal(call.state)) settle(false);
    } catch (thrown) {
      for (const step of undo.splice(0)) step();
      reject(thrown);
    }
  });
}
