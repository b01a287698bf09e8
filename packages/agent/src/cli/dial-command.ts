import { messageOf } from "@offhook/session";
import { openJournalFile, recordJournal } from "@offhook/session/journal";
import type { Command } from "commander";
import { failCall } from "../agent-code.js";
import { createCalls } from "../calls.js";
import { reportAsJson, reportInWords } from "./call-report.js";
import { cliLogger, LOG_OPTION } from "./cli-logger.js";
import { type AgentFlags, agentOf } from "./command-agent.js";
import { onInterrupt } from "./interrupts.js";
import { addTrunkOptions, openTrunk, type TrunkFlags } from "./open-trunk.js";
import { header, milliseconds } from "./option-parsers.js";

interface DialFlags extends AgentFlags, TrunkFlags {
  readonly header?: Readonly<Record<string, string>>;
  readonly ringTimeout?: number;
  readonly responseTimeout?: number;
  readonly silenceTimeout?: number;
  readonly maxDuration?: number;
  readonly hangupAfter?: number;
  readonly journal?: string;
  readonly record?: string;
  readonly log?: string;
  readonly json?: true;
}

export function addDialCommand(program: Command): void {
  const command = program
    .command("dial")
    .description("Place one call and say why it ended.")
    .argument("<number|sip-uri>", "E.164 like +12025550100, an extension, or a SIP URI");
  addTrunkOptions(command)
    .option("--header <name: value>", "an extra header of the INVITE; repeatable", header)
    .option("--ring-timeout <ms>", "give up ringing after this; default 30000", milliseconds)
    .option("--response-timeout <ms>", "give up without any response; default 32000", milliseconds)
    .option("--silence-timeout <ms>", "hang up on silence this long; default 30000", milliseconds)
    .option("--max-duration <ms>", "cap on the call from answer; default 3600000", milliseconds)
    .option("--hangup-after <ms>", "hang up this long after answer", milliseconds)
    .option("--agent <file>", "TypeScript or JavaScript with a default export of defineAgent()")
    .option("--play <file.wav>", "what to say, without an agent; default: silence")
    .option("--journal <file>", "record the call; `offhook explain <file>` tells its story")
    .option("--record <file.wav>", "record both sides: theirs left, ours right")
    .option(...LOG_OPTION)
    .option("--json", "one JSON object per line: events, then the outcome")
    .addHelpText("after", EXAMPLES)
    .action(async (to: string, flags: DialFlags, command: Command) => {
      if (flags.agent !== undefined && flags.play !== undefined)
        command.error("error: --play and --agent exclude each other");
      if (flags.trunk === undefined && !/^sips?:.*@/i.test(to))
        command.error("error: a number needs --trunk sip:HOST:PORT");
      await dial(to, flags);
    });
}

const EXAMPLES = `
Examples:
  $ offhook dial +12025550100 --trunk sip:127.0.0.1:5080 --hangup-after 5000
  $ offhook dial sip:alice@127.0.0.1:5070 --play hello.wav --json

Exit code: 0 whenever an outcome was reached, 2 for wrong usage.`;

async function dial(to: string, flags: DialFlags): Promise<void> {
  const agent = await agentOf("dial", flags);
  const logger = cliLogger(flags.log);
  const carrier = await openTrunk(flags, logger);
  const calls = createCalls({ carrier, agent, logger, limits: limitsOf(flags) });
  try {
    const journal = flags.journal === undefined ? undefined : await openJournalFile(flags.journal);
    const call = calls.dial({
      to,
      ...(flags.header === undefined ? {} : { headers: flags.header }),
    });
    const written = journal && recordJournal(call.session.call, journal);
    if (flags.json) reportAsJson(call, console.log);
    else reportInWords(call, console.log);
    const { hangupAfter, record } = flags;
    if (record !== undefined)
      call.session.once("dialing", () => call.session.record(record).catch(reportRecording));
    if (hangupAfter !== undefined)
      call.session.on("active", () => {
        const timer = carrier.clock.setTimeout(() => void call.session.end(), hangupAfter);
        call.session.on("call_end", () => carrier.clock.clear(timer));
      });
    const undo = onInterrupt({
      signal(count) {
        if (count > 1) return void calls.runner.close();
        void calls.cancel(call.callId);
        console.error("ending the call; once more to stop waiting for the far side");
      },
      strayError: (thrown) => failCall(call.session.call, thrown, "agent", "AGENT_ERROR"),
    });
    await call.ended;
    await written;
    await journal?.close();
    undo();
  } finally {
    await calls.close();
  }
}

/** A call is worth more than its recording: it goes on without. */
function reportRecording(thrown: unknown): void {
  console.error(`offhook: the call is not recorded: ${messageOf(thrown)}`);
}

function limitsOf(flags: DialFlags) {
  return {
    ...(flags.ringTimeout === undefined ? {} : { ringMs: flags.ringTimeout }),
    ...(flags.responseTimeout === undefined ? {} : { noResponseMs: flags.responseTimeout }),
    ...(flags.silenceTimeout === undefined ? {} : { userSilenceMs: flags.silenceTimeout }),
    ...(flags.maxDuration === undefined ? {} : { maxDurationMs: flags.maxDuration }),
  };
}
