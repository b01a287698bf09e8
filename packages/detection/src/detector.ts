import type {
  CallDirection,
  CallSignal,
  Clock,
  HeardFrame,
  VerdictLabel,
} from "@offhook/session/vocabulary";
import type { z } from "zod";
import { invalidOption } from "./errors.js";
import type { HeardAudio } from "./signal/heard-audio.js";

/** One detector's opinion. A later report of the same detector takes the place of the earlier one. */
export interface DetectorReport {
  /** `unknown` takes back what this detector reported before. */
  readonly label: VerdictLabel;
  /** Finer than the label: `greeting_end`, `number_changed`, `sit_vacant`… */
  readonly kind?: string;
  /** 0 to 1: how often this rule is right when it speaks like this. */
  readonly confidence: number;
  /** True when more of the call may change it. Default false: this detector is sure. */
  readonly provisional?: boolean;
  /** The rule that fired, in a few words of its own: `user-unavailable-after-ring`. */
  readonly rule: string;
  /** What was measured, by name, with the unit in the name. */
  readonly inputs?: Readonly<Record<string, number | string | boolean>>;
  /** The limits it was held against. */
  readonly thresholds?: Readonly<Record<string, number | string | boolean>>;
  readonly runnerUp?: { readonly label: VerdictLabel; readonly margin: number };
  /**
   * Labels that this evidence fits as well as `label`: a cadence tells machines from people, not
   * one machine from another. It counts for them too once another detector speaks for one.
   */
  readonly alsoFits?: readonly VerdictLabel[];
}

/** What a detector may know about its call besides what it is fed. */
export interface DetectorCall {
  readonly callId: string;
  readonly direction: CallDirection;
  /** This trunk's habits. */
  readonly profile: DetectorProfile;
  /** When the far side answered, in ms since the call was created; undefined before. */
  readonly answeredAtMs: number | undefined;
  /** Ms since the call was created, now. */
  elapsedMs(): number;
}

/** The part of a carrier profile that detectors read. */
export interface DetectorProfile {
  readonly voicemailRing: { readonly minMs: number; readonly maxMs: number };
  readonly instant480: "user_unreachable" | "provider_unavailable";
}

export interface DetectorContext {
  /** May be called at any time until `close`, also from a timer. Throws for a malformed report. */
  report(report: DetectorReport): void;
  /** The call's clock. Timers left running are cleared when the detector is closed. */
  readonly clock: Clock;
  readonly call: DetectorCall;
  /** The shared front end: levels, voice activity and spectrum at 8 kHz, computed once per call. */
  readonly audio: HeardAudio;
}

/** One per call. Every method is called synchronously and must return at once. */
export interface DetectorInstance {
  /** Once per signal of the leg, in order, until the call's last. */
  onSignal?(signal: CallSignal): void;
  /** Once per frame heard, before answer (`phase: "early"`) and after, before `audio` moves on. */
  onFrame?(frame: HeardFrame): void;
  /** Our own side started or stopped being heard by the callee. */
  onAgentSpeech?(active: boolean, atMs: number): void;
  /** Once: when the call is over, the detector was dropped, or it is done (`doneOnceFinal`). */
  close?(): void;
}

/** A configured detector, ready to be made once per call. */
export interface Detector {
  readonly name: string;
  /** See `DetectorDefinition`. */
  readonly doneOnceFinal?: boolean;
  create(context: DetectorContext): DetectorInstance;
}

export interface DetectorDefinition<Options extends z.ZodType> {
  /** Kebab case; names the detector in verdicts and faults. */
  readonly name: string;
  readonly options: Options;
  /**
   * It is closed once the verdict after answer is final, as nothing that it could find would change
   * that: most of a call's detection is saved. Default false: it hears the call to its end.
   */
  readonly doneOnceFinal?: boolean;
  create(options: z.output<Options>, context: DetectorContext): DetectorInstance;
}

/** No options need to be given where all have defaults. */
type OptionArguments<Options extends z.ZodType> =
  Record<never, never> extends z.input<Options>
    ? [options?: z.input<Options>]
    : [options: z.input<Options>];

/** Takes the options and returns a configured detector. */
export interface DetectorFactory<Options extends z.ZodType> {
  (...given: OptionArguments<Options>): Detector;
  readonly detectorName: string;
}

/**
 * Makes a detector out of a definition: `const onHoldMusic = defineDetector({ … })`, then
 * `onHoldMusic({ minMs: 8_000 })`. The returned function throws INVALID_OPTION, naming the option.
 */
export function defineDetector<Options extends z.ZodType>(
  definition: DetectorDefinition<Options>,
): DetectorFactory<Options> {
  const { name, options: schema } = definition;
  const configure = (...[options]: OptionArguments<Options>): Detector => {
    const given = options ?? {};
    const parsed = schema.safeParse(given);
    if (!parsed.success) throw invalidOption(name, parsed.error, given);
    return {
      name,
      doneOnceFinal: definition.doneOnceFinal === true,
      create: (context) => definition.create(parsed.data, context),
    };
  };
  return Object.assign(configure, { detectorName: name });
}
