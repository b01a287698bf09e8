// Calls every number of the loopback carrier at once, over real SIP and RTP on this machine, and
// checks that each call ended for the reason the carrier's table expects, and that detection told
// what picked up where the number is there to be told apart.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Call, createCalls, outcomeLine } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { LABEL_NUMBERS, LOOPBACK_NUMBERS, startLoopbackCarrier } from "@offhook/session/testing";
import { reminderAgent } from "./agent.js";
import { hearConversation } from "./conversation.js";
import { summaryLine } from "./evidence.js";
import { listeningAgent } from "./listening-agent.js";
import { showLive } from "./live-table.js";
import { asTable, callLabelNumbers, type Told, tellHeard } from "./what-was-heard.js";

const USAGE = `npm run demo [-- --json | --wav FILE]

Starts a carrier on this machine, calls each of its numbers at once, and tells how each call ended
and what detection heard: a menu, a fax, a beep…
  --json   print only the outcomes, one JSON object per line
  --wav    keep the spoken conversation that it ends with, to listen to
  --help   this text
Exits with 1 if any call ended or sounded otherwise than the carrier's table says.`;

/** Where nobody waits a minute for a demo: shorter waits than a real trunk should have. */
const profile = {
  limits: {
    ringMs: 7_000,
    noResponseMs: 4_000,
    userSilenceMs: 4_000,
    maxDurationMs: 15_000,
  },
};

/** The number that rings until we give up on it. */
const WITHDRAWN = "+12025550114";
const WITHDRAW_AFTER_MS = 2_000;

async function demo(json: boolean, wav: string | undefined): Promise<boolean> {
  // Beside the calls of the table, two voices that really talk with each other.
  const talk = json ? undefined : hearConversation(wav);
  const recordings = await mkdtemp(join(tmpdir(), "offhook-demo-"));
  try {
    const { placed, heard } = await callAll(json, recordings);
    let asExpected = 0;
    if (!json) console.log();
    for (const { expected, call } of placed) if (await tell(call, expected, json)) asExpected += 1;
    const told = await Promise.all(heard.map((each) => tellHeard(each, recordings)));
    asExpected += tellAllHeard(told, json);
    const spoken = await talk;
    if (spoken) console.log(`\n${spoken.join("\n")}`);
    const all = placed.length + heard.length;
    if (!json) console.log(`\n${asExpected} of ${all} calls ended as expected.`);
    return asExpected === all;
  } finally {
    await rm(recordings, { recursive: true });
  }
}

/** Calls every number and returns once all is over and closed. */
async function callAll(json: boolean, recordings: string) {
  const numbers = [...LOOPBACK_NUMBERS, ...LABEL_NUMBERS];
  const loopback = await startLoopbackCarrier({ numbers, recordIn: recordings });
  const { username, password } = loopback.credentials;
  const carrier = createSipCarrier({ trunk: { uri: loopback.uri, username, password, profile } });
  const reminders = createCalls({ carrier, agent: reminderAgent });
  const listeners = createCalls({ carrier, agent: listeningAgent });
  const runners = [reminders.runner, listeners.runner];
  const undoSignals = runners.map((runner) => runner.drainOn());
  // `| head` closes the pipe when it has seen enough: nothing to complain of.
  process.stdout.on("error", () => {
    for (const runner of runners) void runner.close();
  });
  try {
    const placed = LOOPBACK_NUMBERS.map(({ number, expected }) => ({
      expected,
      call: reminders.dial({ to: number }),
    }));
    const heard = callLabelNumbers(listeners);
    const toWithdraw = placed.find(({ call }) => call.userNumber === WITHDRAWN)?.call;
    toWithdraw?.session.on("ringing", () => {
      carrier.clock.setTimeout(() => void reminders.cancel(toWithdraw.callId), WITHDRAW_AFTER_MS);
    });
    const calls = [...placed, ...heard].map(({ call }) => call);
    if (!json) await showLive(calls, console.log);
    await Promise.all(calls.map(({ ended }) => ended));
    return { placed, heard };
  } finally {
    for (const undo of undoSignals) undo();
    await listeners.close();
    await reminders.close();
    await loopback.close();
  }
}

/** Prints what picked up in each call; returns how many were told rightly. */
function tellAllHeard(told: readonly Told[], json: boolean): number {
  if (json) for (const { line } of told) console.log(JSON.stringify(line));
  else for (const line of ["", ...asTable(told.map(({ cells }) => cells))]) console.log(line);
  const wrong = told.flatMap((each) => each.wrong ?? []);
  for (const words of wrong) console.error(words);
  return told.length - wrong.length;
}

/** Prints how a call ended; false if it should have ended otherwise. */
async function tell(call: Call, expected: string, json: boolean): Promise<boolean> {
  const outcome = await call.ended;
  const fits = outcome.endReason === expected;
  if (json) console.log(JSON.stringify(outcomeLine(call, outcome)));
  else console.log(`${fits ? "✓" : "✗"} ${summaryLine(call.userNumber, outcome)}`);
  if (!fits) console.error(`${call.userNumber}: expected ${expected}, got ${outcome.endReason}`);
  return fits;
}

function flags(): { json?: boolean; wav?: string; help?: boolean } | undefined {
  try {
    const options = {
      json: { type: "boolean" },
      wav: { type: "string" },
      help: { type: "boolean" },
    } as const;
    return parseArgs({ options }).values;
  } catch (thrown) {
    console.error(`demo: ${(thrown as Error).message}\n\n${USAGE}`);
    return undefined;
  }
}

const given = flags();
if (!given) process.exitCode = 2;
else if (given.help) console.log(USAGE);
else process.exitCode = (await demo(given.json ?? false, given.wav)) ? 0 : 1;
