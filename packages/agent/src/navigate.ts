import { type CallSession, isTerminal, OffhookError } from "@offhook/session";
import type { Transcriber } from "./conversation/ports.js";
import { TranscriberLine } from "./conversation/transcriber-line.js";

/** One menu: what to wait for, and what to press then. */
export interface MenuStep {
  /** The digits to send: 0-9*#A-D. */
  readonly press: string;
  /** Press once this was said; needs a transcriber. Default: once the prompt is over. */
  readonly heard?: RegExp;
  /** A prompt is over after this much silence, in ms. Default 700. */
  readonly silenceMs?: number;
  /** Give up when the prompt has not come, or not ended, by then, in ms. Default 20,000. */
  readonly timeoutMs?: number;
}

export interface NavigateOptions {
  /** Turns the prompts into text, for steps that say what they wait for. */
  readonly transcriber?: Transcriber;
  readonly signal?: AbortSignal;
}

export type NavigateResult =
  /** Everything was pressed. */
  | { readonly status: "done" }
  /** The prompt of this step, counted from 0, did not come. */
  | { readonly status: "timeout"; readonly step: number }
  | { readonly status: "ended"; readonly step: number }
  | { readonly status: "aborted"; readonly step: number };

/** Finds its way through spoken menus by pressing digits. */
export async function navigateMenus(
  call: CallSession,
  steps: readonly MenuStep[],
  options: NavigateOptions = {},
): Promise<NavigateResult> {
  const { media } = call;
  if (call.state !== "active" || !media)
    throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${call.state} has no menu to navigate.`);
  if (!options.transcriber && steps.some(({ heard }) => heard))
    throw new OffhookError(
      "INVALID_OPTION",
      "A step waits for words, and there is no transcriber.",
      {
        remedy: "Give a transcriber, or leave `heard` out to wait for the end of the prompt.",
      },
    );
  const ears = new Ears(call, options.transcriber);
  try {
    for (const [step, menu] of steps.entries()) {
      const waited = await ears.wait(menu, options.signal);
      if (waited !== "prompted") return { status: waited, step };
      await media.sendDtmf(menu.press);
    }
    return { status: "done" };
  } finally {
    ears.close();
  }
}

type Waited = "prompted" | "timeout" | "ended" | "aborted";

/** Hears where prompts begin and end, and what they say. */
class Ears {
  readonly #call: CallSession;
  readonly #undo: (() => void)[] = [];
  #text = "";
  #onText: () => void = () => {};

  constructor(call: CallSession, transcriber: Transcriber | undefined) {
    this.#call = call;
    const { media } = call;
    if (!transcriber || !media) return;
    const lifetime = new AbortController();
    const line = new TranscriberLine(
      transcriber,
      {
        callId: call.callId,
        direction: call.direction,
        sampleRate: media.format.sampleRate,
        clock: call.clock,
        signal: lifetime.signal,
      },
      2,
      {
        onTranscript: ({ text }) => {
          this.#text = `${this.#text} ${text}`;
          this.#onText();
        },
        onFault: ({ code, message }) => call.noteFault({ code, message, where: "navigate" }),
        onDead: ({ code, message }) => call.noteFault({ code, message, where: "navigate" }),
      },
    );
    this.#undo.push(
      media.onFrame((frame) => line.push(frame)),
      () => line.close(),
      () => lifetime.abort(),
    );
  }

  close(): void {
    for (const step of this.#undo.splice(0)) step();
  }

  wait(menu: MenuStep, signal: AbortSignal | undefined): Promise<Waited> {
    const { heard, silenceMs = 700, timeoutMs = 20_000 } = menu;
    const call = this.#call;
    const { clock } = call;
    return new Promise((resolve) => {
      const undo: (() => void)[] = [];
      const settle = (waited: Waited) => {
        for (const step of undo.splice(0)) step();
        resolve(waited);
      };
      if (isTerminal(call.state)) return settle("ended");
      if (signal?.aborted) return settle("aborted");
      let quiet: ReturnType<typeof clock.setTimeout> | undefined;
      const onVoice = (active: boolean) => {
        clock.clear(quiet);
        if (!active) quiet = clock.setTimeout(() => settle("prompted"), silenceMs);
      };
      const limit = clock.setTimeout(() => settle("timeout"), timeoutMs);
      const onAbort = () => settle(isTerminal(call.state) ? "ended" : "aborted");
      signal?.addEventListener("abort", onAbort, { once: true });
      undo.push(
        call.on("call_end", () => settle("ended")),
        () => clock.clear(limit),
        () => clock.clear(quiet),
        () => signal?.removeEventListener("abort", onAbort),
      );
      if (!heard) return void undo.push(call.on("user_voice", ({ active }) => onVoice(active)));
      this.#onText = () => {
        if (!heard.test(this.#text)) return;
        this.#text = "";
        settle("prompted");
      };
      undo.push(() => {
        this.#onText = () => {};
      });
      this.#onText();
    });
  }
}
