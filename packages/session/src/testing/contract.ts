import assert from "node:assert/strict";
import { CallSession } from "../call/call-session.js";
import {
  type CallLimitsInput,
  carrierProfileSchema,
  resolveLimits,
} from "../call/call-settings.js";
import { mayFollow } from "../call/call-state.js";
import type { CallOutcome } from "../call/outcome.js";
import type { Carrier } from "../carrier.js";
import { isOffhookError } from "../errors.js";
import { loadClip } from "./clips.js";
import type { Heard } from "./heard-audio.js";
import type { NumberRow } from "./numbers.js";
import { say, standInAgent } from "./stand-in-agent.js";

/** A carrier that reaches the numbers of the table, with what the contract needs to watch it. */
export interface CarrierUnderTest {
  readonly carrier: Carrier;
  /** Waits for `work`; in virtual time this is what moves time. */
  waitFor<T>(work: Promise<T>): Promise<T>;
  /** What the callee of this number heard. */
  heard(number: string): Heard;
  close(): Promise<void>;
}

/** The part of a test runner that the contract needs; vitest, jest and `node:test` all have it. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}

export interface CarrierContractOptions {
  readonly name: string;
  readonly numbers: readonly NumberRow[];
  /** Numbers that this carrier is not called at, each with the reason why not. */
  readonly except?: Readonly<Record<string, string>>;
  /** Waits other than those that suit the table. */
  readonly limits?: CallLimitsInput;
  /** Asked once for every case. */
  readonly open: () => Promise<CarrierUnderTest>;
}

/** Waits that suit a table whose callees are in a hurry. */
const CONTRACT_LIMITS = {
  ringMs: 7_000,
  noResponseMs: 4_000,
  userSilenceMs: 4_000,
  maxDurationMs: 15_000,
} as const;

/**
 * What a call over any carrier must come to, number by number: the same reasons, the same evidence,
 * legal states, and what was said is what was heard.
 */
export function describeCarrier(runner: TestRunner, options: CarrierContractOptions): void {
  const { name, numbers, except = {} } = options;
  runner.describe(`carrier contract: ${name}`, () => {
    for (const row of numbers)
      if (!Object.hasOwn(except, row.number))
        runner.it(`${row.number} ${row.callee}: ${row.expected}`, () =>
          withCarrier(options, (under) => checkRow(row, under, options)),
        );
    runner.it("a callee hears our message whole, and our keys", () =>
      withCarrier(options, (under) => checkMessage(under, options)),
    );
  });
}

async function withCarrier(
  { open }: CarrierContractOptions,
  check: (under: CarrierUnderTest) => Promise<void>,
): Promise<void> {
  const under = await open();
  try {
    await check(under);
  } finally {
    await under.close();
  }
}

async function checkRow(
  row: NumberRow,
  under: CarrierUnderTest,
  options: CarrierContractOptions,
): Promise<void> {
  if (!row.script) {
    assert.throws(
      () => under.carrier.parseDestination(row.number),
      (thrown) => isOffhookError(thrown, "INVALID_DESTINATION"),
    );
    return;
  }
  const { outcome, ends } = await call(row, under, options);
  const { endReason, finalState, because, states } = outcome;
  assert.equal(endReason, row.expected, `${because.rule}: ${because.text}`);
  assert.equal(ends, 1, "call_end fires once");
  assert.equal(states.at(-1)?.state, finalState);
  for (const [index, { state }] of states.entries()) {
    const before = states[index - 1]?.state;
    if (before) assert.ok(mayFollow(before, state), `${before} may be followed by ${state}`);
  }
  EVIDENCE[row.number]?.(outcome);
}

/** What some of the numbers must leave in the record, beyond the reason. */
const EVIDENCE: Readonly<Record<string, (outcome: CallOutcome) => void>> = {
  "+12025550102": ({ sip, endedBy }) => {
    assert.equal(sip?.status, 486);
    assert.equal(endedBy, "user");
  },
  "+12025550105": ({ sip, ringMs }) => {
    assert.equal(sip?.status, 480);
    assert.ok(ringMs !== undefined && ringMs > 0, `rang ${ringMs} ms`);
  },
  "+12025550106": ({ ringMs }) => assert.equal(ringMs, undefined),
  "+12025550111": ({ sip }) => assert.equal(sip, undefined, "a made-up response is no evidence"),
  "+12025550116": ({ sip }) => assert.equal(sip?.status, 407),
  "+12025550117": ({ sip }) => {
    assert.equal(sip?.q850, 16);
    assert.match(sip?.reasonHeaders[0] ?? "", /^Q\.850\s*;\s*cause=16/i);
  },
  "+12025550118": ({ sip, ringMs }) => {
    assert.equal(sip?.q850, 20);
    assert.ok(ringMs !== undefined && ringMs > 0);
  },
  "+12025550119": ({ provisional }) =>
    assert.ok(provisional.some(({ status, hasSdp }) => status === 183 && hasSdp)),
};

async function call(
  row: NumberRow,
  under: CarrierUnderTest,
  { limits }: CarrierContractOptions,
): Promise<{ readonly outcome: CallOutcome; readonly ends: number }> {
  const session = openSession(row.number, under.carrier, limits);
  let ends = 0;
  session.on("call_end", () => void ends++);
  standInAgent(session);
  if (row.expected === "CANCELED")
    session.on("ringing", () => {
      session.clock.setTimeout(() => void session.endAs("api", "CANCELED"), 500);
    });
  session.dial({ destination: under.carrier.parseDestination(row.number) });
  return { outcome: await under.waitFor(session.ended), ends };
}

async function checkMessage(
  under: CarrierUnderTest,
  { numbers, limits }: CarrierContractOptions,
): Promise<void> {
  // Somebody who answers and stays on without talking over us.
  const row = numbers.find(({ expected }) => expected === "AGENT_HUNG_UP_SILENCE_DETECTED");
  assert.ok(row, "the table has a number that answers and stays silent");
  const session = openSession("message", under.carrier, limits);
  const answered = new Promise<void>((resolve) => void session.on("active", () => resolve()));
  session.dial({ destination: under.carrier.parseDestination(row.number) });
  await under.waitFor(answered);
  const { media } = session;
  assert.ok(media);
  const clip = loadClip("goodbye");
  const { playedMs, interrupted } = await under.waitFor(say(media, "goodbye"));
  const lengthMs = (clip.samplesPerChannel * 1_000) / clip.sampleRate;
  assert.equal(interrupted, false);
  assert.ok(Math.abs(playedMs - lengthMs) <= 20, `played ${playedMs} of ${lengthMs} ms`);
  await under.waitFor(media.sendDtmf("4#"));
  await under.waitFor(session.end());
  await under.waitFor(session.ended);
  const heard = under.heard(row.number);
  assert.ok(
    Math.abs(heard.audibleMs - lengthMs) <= 0.3 * lengthMs,
    `the callee heard ${heard.audibleMs} of ${lengthMs} ms`,
  );
  assert.equal(heard.digits, "4#");
}

function openSession(
  callId: string,
  carrier: Carrier,
  wanted: CallLimitsInput | undefined,
): CallSession {
  const profile = carrierProfileSchema.parse(carrier.profile ?? {});
  const limits = resolveLimits(CONTRACT_LIMITS, profile.limits, wanted);
  return new CallSession("outbound", {
    callId: `contract-${callId}`,
    carrier,
    settings: { profile, limits, hearsVoice: true },
  });
}
