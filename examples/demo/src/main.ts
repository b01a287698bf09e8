// Calls every number of the loopback carrier at once, over real SIP and RTP on this machine, and
// checks that each call ended for the reason the carrier's table expects.
import { parseArgs } from "node:util";
import { type Call, createCalls, outcomeLine } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { LOOPBACK_NUMBERS, startLoopbackCarrier } from "@offhook/session/testing";
import { reminderAgent } from "./agent.js";
import { hearConversation } from "./conversation.js";
import { summaryLine } from "./evidence.js";
import { showLive } from "./live-table.js";

const USAGE = `npm run demo [-- --json | --wav FILE]

Starts a carrier on this machine, calls each of its numbers at once, and tells how each call ended.
  --json   print only the outcomes, one JSON object per line
  --wav    keep the spoken conversation that it ends with, to listen to
  --help   this text
Exits with 1 if any call ended otherwise than the carrier's table says.`;

/** Where nobody waits a minute for a demo: shorter waits than a real trunk should have. */
const profile = {
  limits: {
    ringMs: 7_000,
    noResponseMs: 4_000,
    userSilenceMs: 4_000,
    maxDurationMs: 20_000,
  },
};

/** The number that rings until we give up on it. */
const WITHDRAWN = "+12025550114";
const WITHDRAW_AFTER_MS = 2_000;

async function demo(json: boolean, wav: string | undefined): Promise<boolean> {
  // Beside the calls of the table, two voices that really talk with each other.
  const talk = json ? undefined : hearConversation(wav);
  const loopback = await startLoopbackCarrier();
  const { username, password } = loopback.credentials;
  const carrier = createSipCarrier({ trunk: { uri: loopback.uri, username, password, profile } });
  const calls = createCalls({ carrier, agent: reminderAgent });
  const undoSignals = calls.runner.drainOn();
  // `| head` closes the pipe when it has seen enough: nothing to complain of.
  process.stdout.on("error", () => void calls.runner.close());
  try {
    const placed = LOOPBACK_NUMBERS.map((row) => ({ row, call: calls.dial({ to: row.number }) }));
    const toWithdraw = placed.find(({ row }) => row.number === WITHDRAWN)?.call;
    toWithdraw?.session.on("ringing", () => {
      carrier.clock.setTimeout(() => void calls.cancel(toWithdraw.callId), WITHDRAW_AFTER_MS);
    });
    if (!json)
      await showLive(
        placed.map(({ call }) => call),
        console.log,
      );
    let asExpected = 0;
    if (!json) console.log();
    for (const { row, call } of placed) {
      const fits = await tell(call, row.expected, json);
      if (fits) asExpected += 1;
    }
    const spoken = await talk;
    if (spoken) console.log(`\n${spoken.join("\n")}`);
    if (!json) console.log(`\n${asExpected} of ${placed.length} calls ended as expected.`);
    return asExpected === placed.length;
  } finally {
    undoSignals();
    await calls.close();
    await loopback.close();
  }
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
