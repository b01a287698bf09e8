import type { ReasonToSend } from "../carrier.js";
import type { AudioFrame } from "../vocabulary.js";
import type { ClipName } from "./clips.js";
import {
  checkAudio,
  checkCount,
  checkDigits,
  checkDuration,
  checkFrequency,
  checkLevel,
  checkReason,
  checkStatus,
  checkTarget,
  follow,
  invalid,
  type ScenarioPosition,
} from "./scenario-checks.js";
import type { Scenario, ScenarioStep } from "./scenario-step.js";

export interface RingOptions {
  /** Rings this long, then the next step. Left out: rings until the other side gives up. */
  readonly durationMs?: number;
  /** Default 180. */
  readonly status?: number;
  /** For example `Diversion`, `History-Info`. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RejectScenarioOptions {
  readonly phrase?: string;
  readonly reason?: ReasonToSend;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ChallengeOptions {
  readonly username: string;
  readonly password: string;
  readonly realm?: string;
  /** Challenges again and again, however right the answer is. */
  readonly refuse?: boolean;
}

/**
 * What either far side can do once audio flows. Immutable: each method returns a longer scenario,
 * and throws INVALID_OPTION when the step makes no sense there.
 */
abstract class FarSide<Self> implements Scenario {
  readonly steps: readonly ScenarioStep[];
  protected readonly position: ScenarioPosition;

  constructor(steps: readonly ScenarioStep[], position: ScenarioPosition) {
    this.steps = steps;
    this.position = position;
  }

  protected abstract with(steps: readonly ScenarioStep[], position: ScenarioPosition): Self;

  protected add(method: string, step: ScenarioStep): Self {
    return this.with([...this.steps, step], follow(this.position, step, method));
  }

  /** Says a bundled clip, or audio of your own; the next step comes when it was said. */
  speak(audio: ClipName | AudioFrame): Self {
    return this.add("speak", { type: "speak", audio: checkAudio(audio) });
  }

  silence(options: { readonly durationMs: number }): Self {
    const durationMs = checkDuration("durationMs", options.durationMs);
    return this.add("silence", { type: "silence", durationMs });
  }

  /** Lets the other side talk: the same on the wire as `silence`. */
  listen(options: { readonly durationMs: number }): Self {
    const durationMs = checkDuration("durationMs", options.durationMs);
    return this.add("listen", { type: "silence", durationMs });
  }

  /** Listens as people do: until the other side has spoken and then paused, or `timeoutMs` is over. */
  hearOut(options: { readonly quietMs?: number; readonly timeoutMs?: number } = {}): Self {
    return this.add("hearOut", {
      type: "hear_out",
      quietMs: checkDuration("quietMs", options.quietMs ?? 500),
      timeoutMs: checkDuration("timeoutMs", options.timeoutMs ?? 30_000),
    });
  }

  /** One or more sines that sound together; `levelDb` is that of each, below full scale. */
  tone(options: {
    readonly frequenciesHz: readonly number[];
    readonly durationMs: number;
    readonly levelDb?: number;
  }): Self {
    if (options.frequenciesHz.length === 0)
      throw invalid("frequenciesHz is empty", "Give at least one frequency.");
    return this.add("tone", {
      type: "tone",
      frequenciesHz: options.frequenciesHz.map(checkFrequency),
      durationMs: checkDuration("durationMs", options.durationMs),
      levelDb: checkLevel(options.levelDb ?? -15),
    });
  }

  /** The tone that ends a voicemail greeting. Default 1000 Hz for 400 ms. */
  beep(options: { readonly frequencyHz?: number; readonly durationMs?: number } = {}): Self {
    return this.add("beep", {
      type: "tone",
      frequenciesHz: [checkFrequency(options.frequencyHz ?? 1_000)],
      durationMs: checkDuration("durationMs", options.durationMs ?? 400),
      levelDb: -12,
    });
  }

  /** Presses keys as RFC 4733 events. */
  pressKeys(digits: string): Self {
    return this.add("pressKeys", { type: "press_keys", digits: checkDigits(digits) });
  }

  /** Goes on when that many more digits have come since the line opened, or after `timeoutMs`. */
  waitForDigits(options: { readonly count?: number; readonly timeoutMs: number }): Self {
    return this.add("waitForDigits", {
      type: "wait_for_digits",
      count: checkCount(options.count ?? 1),
      timeoutMs: checkDuration("timeoutMs", options.timeoutMs),
    });
  }

  /** Sends no RTP at all. Left out, `durationMs` means for the rest of the call. */
  mute(options: { readonly durationMs?: number } = {}): Self {
    const { durationMs } = options;
    if (durationMs !== undefined) checkDuration("durationMs", durationMs);
    return this.add("mute", { type: "mute", durationMs });
  }

  /** Never stops talking. */
  talkOn(audio: ClipName | AudioFrame = "talk_on"): Self {
    return this.add("talkOn", { type: "talk_on", audio: checkAudio(audio) });
  }

  /** Silent until the other side hangs up; also what a scenario does that just ends. */
  stayOn(): Self {
    return this.add("stayOn", { type: "stay_on" });
  }

  /**
   * Asks the other side to call somebody else instead, and to go on with them (REFER). Who is
   * transferred hears from `to` next, and this far side hangs up once that worked; if it is refused
   * or fails, its own steps go on.
   */
  refer(options: { readonly to: string }): Self {
    return this.add("refer", { type: "refer", to: checkTarget(options.to) });
  }

  /** BYE, with a `Reason` header if given (RFC 3326). */
  hangUp(options: { readonly reason?: ReasonToSend } = {}): Self {
    return this.add("hangUp", { type: "hang_up", reason: checkReason(options.reason) });
  }
}

const UNANSWERED: ScenarioPosition = { answered: false, earlyMedia: false, endedBy: undefined };

/**
 * What somebody does whose telephone we call. Whatever the scenario says, a callee answers CANCEL
 * with 487 and BYE with 200, and stops where it is. A callee that has nothing more to do stays as
 * it is: ringing, or silent on the line.
 */
export class Callee extends FarSide<Callee> {
  constructor(steps: readonly ScenarioStep[] = [], position: ScenarioPosition = UNANSWERED) {
    super(steps, position);
  }

  protected with(steps: readonly ScenarioStep[], position: ScenarioPosition): Callee {
    return new Callee(steps, position);
  }

  /** No response at all, not even 100. */
  ignore(): Callee {
    return this.add("ignore", { type: "ignore" });
  }

  /** 407 (RFC 3261 22.3); goes on once the caller has answered the challenge. */
  challenge(options: ChallengeOptions): Callee {
    if (this.steps.length > 0)
      throw invalid("challenge() is not the first step", "A challenge comes before all else.");
    const { username, password, realm = "offhook", refuse = false } = options;
    return this.add("challenge", {
      type: "challenge",
      challenge: { username, password, realm, refuse },
    });
  }

  /** 100, and nothing by itself afterwards. */
  trying(): Callee {
    return this.add("trying", { type: "trying" });
  }

  /** 180, or another 18x, without audio. */
  ring(options: RingOptions = {}): Callee {
    return this.provisional("ring", options, options.status ?? 180, false);
  }

  /** 183 with SDP: what follows up to `answer` is heard before answer (RFC 3960). */
  earlyMedia(options: RingOptions = {}): Callee {
    return this.provisional("earlyMedia", options, options.status ?? 183, true);
  }

  /** Another 18x without audio, such as 181 (forwarded) or 182 (queued). */
  progress(options: RingOptions & { readonly status: number }): Callee {
    return this.provisional("progress", options, options.status, false);
  }

  answer(): Callee {
    return this.add("answer", { type: "answer" });
  }

  /** A final response of 300 to 699. */
  reject(status: number, options: RejectScenarioOptions = {}): Callee {
    return this.add("reject", {
      type: "reject",
      status: checkStatus(status, 300, 699),
      phrase: options.phrase,
      reason: checkReason(options.reason),
      headers: options.headers ?? {},
    });
  }

  private provisional(
    method: string,
    options: RingOptions,
    status: number,
    earlyMedia: boolean,
  ): Callee {
    const { durationMs, headers = {} } = options;
    if (durationMs !== undefined) checkDuration("durationMs", durationMs);
    return this.add(method, {
      type: "ring",
      status: checkStatus(status, 180, 199),
      earlyMedia,
      headers,
      durationMs,
    });
  }
}

/** What somebody does who calls us. Waits for our answer first, whether it says so or not. */
export class Caller extends FarSide<Caller> {
  constructor(
    steps: readonly ScenarioStep[] = [],
    position: ScenarioPosition = { ...UNANSWERED, answered: true },
  ) {
    super(steps, position);
  }

  protected with(steps: readonly ScenarioStep[], position: ScenarioPosition): Caller {
    return new Caller(steps, position);
  }

  /** Waits until we answer. With `giveUpAfterMs` the caller withdraws the call (CANCEL) by then. */
  waitForAnswer(options: { readonly giveUpAfterMs?: number } = {}): Caller {
    const { giveUpAfterMs } = options;
    if (this.steps.length > 0)
      throw invalid("waitForAnswer() is not the first step", "Put it before all else.");
    if (giveUpAfterMs !== undefined) checkDuration("giveUpAfterMs", giveUpAfterMs);
    return this.add("waitForAnswer", { type: "wait_for_answer", giveUpAfterMs });
  }
}

/** Writes a callee. Gets what the INVITE said, so that one function can play many numbers. */
export type CalleeScript = (callee: Callee, call: ScriptedCall) => Scenario;

export type CallerScript = (caller: Caller) => Scenario;

export interface ScriptedCall {
  readonly to: string;
  readonly from: string | undefined;
  /** As sent, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Runs a script. Throws INVALID_OPTION for one that describes nothing. */
export function scenarioOf(script: CalleeScript, call: ScriptedCall): Scenario {
  const scenario = script(new Callee(), call);
  if (Array.isArray(scenario?.steps) && scenario.steps.length > 0) return scenario;
  throw invalid(
    "it has no steps",
    "Return what the callee does, for example callee.ring().answer(), or callee.ignore() for no response at all.",
  );
}

/** A caller waits for an answer before anything else. */
export function callerScenarioOf(script: CallerScript): Scenario {
  const scenario = script(new Caller());
  if (scenario.steps[0]?.type === "wait_for_answer") return scenario;
  return { steps: [{ type: "wait_for_answer", giveUpAfterMs: undefined }, ...scenario.steps] };
}
