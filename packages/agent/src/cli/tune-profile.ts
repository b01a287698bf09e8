import {
  type LabelledRecording,
  type LabelledRing,
  type Tuned,
  tuneGreeting,
  tuneVoicemailRing,
} from "@offhook/detection";
import { OffhookError } from "@offhook/session";
import { seconds } from "./call-report.js";

export interface LabelledCalls {
  readonly recordings: readonly LabelledRecording[];
  readonly rings: readonly LabelledRing[];
}

/** What `offhook tune` writes: as `greeting()` takes it, and as a trunk's `profile` does. */
export interface TunedProfile {
  readonly greeting?: { readonly machineAtLeast: number };
  readonly profile?: {
    readonly voicemailRing: { readonly minMs: number; readonly maxMs: number };
  };
}

export interface Tuning {
  readonly tuned: TunedProfile;
  /** Absent without recordings of both labels. */
  readonly curve?: Tuned;
  /** What was chosen and why, a sentence each. */
  readonly because: readonly string[];
}

/** Tunes whatever the labels suffice for. Throws INVALID_OPTION when that is nothing. */
export function tuneProfile(
  calls: LabelledCalls,
  falseMachineAtMost: number,
  onRecordingDone?: () => void,
): Tuning {
  const { recordings, rings } = calls;
  const people = recordings.filter(({ label }) => label === "human").length;
  const machines = recordings.length - people;
  const hasRing = rings.some(({ voicemail }) => voicemail);
  const counted = `${people} recordings of people and ${machines} of machines`;
  if ((people === 0 || machines === 0) && !hasRing)
    throw new OffhookError("INVALID_OPTION", `Nothing to tune by: there are ${counted}.`, {
      remedy: 'Label at least one call "human" and one "voicemail".',
    });

  const because: string[] = [];
  let curve: Tuned | undefined;
  if (people > 0 && machines > 0) {
    curve = tuneGreeting(recordings, {
      falseMachineAtMost,
      ...(onRecordingDone && { onRecordingDone }),
    });
    because.push(
      ...greetingInWords(curve, falseMachineAtMost),
      `There are ${counted}: one person is ${percent(1 / people)} of them, one machine ${percent(1 / machines)}.`,
    );
  } else because.push(`The greeting detector stays as it is: there are ${counted}.`);

  const ring = hasRing ? tuneVoicemailRing(rings) : undefined;
  if (ring) {
    const { minMs, maxMs } = ring.voicemailRing;
    because.push(
      `voicemailRing ${seconds(minMs)} to ${seconds(maxMs)}: no other range gets fewer of the ${rings.length} labelled rings wrong (${ring.wrong}).`,
    );
  } else because.push("voicemailRing stays as it is: no labelled ring ended in voicemail.");

  return {
    tuned: {
      ...(curve ? { greeting: { machineAtLeast: curve.best.machineAtLeast } } : {}),
      ...(ring ? { profile: { voicemailRing: ring.voicemailRing } } : {}),
    },
    ...(curve ? { curve } : {}),
    because,
  };
}

function greetingInWords({ points, best }: Tuned, falseMachineAtMost: number): string[] {
  const kept = best.falseMachine <= falseMachineAtMost;
  const reason = kept
    ? `of the settings that call at most ${percent(falseMachineAtMost)} of the people a machine, none calls fewer machines a person (${percent(best.falseHuman)})`
    : `no setting calls at most ${percent(falseMachineAtMost)} of the people a machine; none calls fewer (${percent(best.falseMachine)})`;
  const equals = points.filter(
    ({ falseMachine, falseHuman }) =>
      falseMachine === best.falseMachine && falseHuman === best.falseHuman,
  );
  return [
    `machineAtLeast ${best.machineAtLeast}: ${reason}.`,
    ...(equals.length > 1
      ? [
          `${equals.length} settings do equally well, and this is the nearest to the default: more labelled calls would tell them apart.`,
        ]
      : []),
    `A person's first verdict comes ${seconds(best.deadAirMs)} after answer (median).`,
  ];
}

export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
