import { dispose } from "@livekit/rtc-node";
import {
  CALLR_RESULT_CODES,
  CALLR_STATUSES,
  type CallView,
  type DialectName,
  MESSENGER_STATUSES,
  type MessengerOptions,
  RECHO_INBOUND,
  RECHO_OUTBOUND,
  RETELL_REASONS,
  toCallr,
  toMessenger,
  toRecho,
  toRetell,
  toUnpod,
  UNPOD_END_REASONS,
  UNPOD_STATES,
} from "@offhook/session/dialects";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Walked } from "./place.js";
import { type ScenarioName, walk } from "./scenarios.js";
import { SEED_ROWS, type SeedRow } from "./seed-rows.js";

// The native LiveKit client logs every step otherwise, and reads this when it is imported.
vi.hoisted(() => {
  process.env["NODE_ENV"] = "production";
});
// Without it the process never exits: the client keeps it open.
afterAll(() => dispose());

/** Each word of a translation, where it is exact. */
const words: Record<DialectName, (call: CallView, options: MessengerOptions) => string[]> = {
  unpod: (call) => {
    const { value, exact } = toUnpod(call);
    return [`state ${value.state}`, `status ${value.status}`, exact ? `${value.endReason}` : ""];
  },
  callr: (call) => {
    const { value, exact } = toCallr(call);
    return exact && value ? [value.status, value.resultCode ?? ""] : [];
  },
  recho: (call) => {
    const { value, exact } = toRecho(call);
    return exact ? [`${value.eventType} ${value.callStatus}`] : [];
  },
  messenger: (call, options) => {
    const { value, exact } = toMessenger(call, options);
    return exact ? [value] : [];
  },
  retell: (call) => {
    const { value, exact } = toRetell(call);
    return exact ? [`${value.disconnectionReason}`, `status ${value.callStatus}`] : [];
  },
};

/** One call serves every row that it reaches. */
const walked = new Map<ScenarioName, Promise<Walked>>();
function once(name: ScenarioName): Promise<Walked> {
  const walking = walked.get(name) ?? walk(name);
  walked.set(name, walking);
  return walking;
}

const reached = SEED_ROWS.filter((row) => "call" in row);
const dialects = ["unpod", "callr", "recho", "messenger", "retell"] as const;

describe.each(dialects)("%s: a real call reaches", (dialect) => {
  const rows = reached.filter((row) => row.dialect === dialect);
  it.each(rows)("$value: $call", async ({ value, endReason, call }) => {
    const { views, messenger } = await once(call);
    const end = views.at(-1);
    if (endReason) expect(end?.outcome?.endReason).toBe(endReason);
    const told = (endReason && end ? [end] : views).flatMap((view) =>
      words[dialect](view, messenger),
    );
    expect(told).toContain(value);
  });
});

describe("the rows", () => {
  const valuesOf = (dialect: DialectName) =>
    SEED_ROWS.filter((row: SeedRow) => row.dialect === dialect).map(({ value }) => value);
  const recho = (table: Readonly<Record<string, string>>) =>
    Object.entries(table).map(([status, event]) => `${event} ${status}`);

  it.each<[DialectName, readonly string[]]>([
    [
      "unpod",
      [
        ...Object.keys(UNPOD_STATES).map((state) => `state ${state}`),
        ...["pending", ...Object.values(UNPOD_STATES)].map((status) => `status ${status}`),
        ...UNPOD_END_REASONS,
      ],
    ],
    ["callr", [...CALLR_STATUSES, ...CALLR_RESULT_CODES]],
    ["recho", [...recho(RECHO_OUTBOUND), ...recho(RECHO_INBOUND)]],
    ["messenger", MESSENGER_STATUSES],
    ["retell", Object.keys(RETELL_REASONS)],
  ])("hold every value of %s, reached or waiting", (dialect, values) => {
    expect(valuesOf(dialect)).toEqual(expect.arrayContaining([...new Set(values)]));
  });

  it("wait for nothing but what is still to be built", () => {
    const waiting = SEED_ROWS.flatMap((row) => ("waitsFor" in row ? [row.value] : []));
    expect(waiting).toEqual([
      "ERROR/BLACKLISTED",
      "OUTBOUND_CALL_EXPIRED EXPIRED",
      "OUTBOUND_CALL_MAX_ATTEMPTS_REACHED MAX_ATTEMPTS_REACHED",
      "TryNumber1",
      "TryNumber2",
      "TryNumber3",
      "error_unknown",
    ]);
  });
});
