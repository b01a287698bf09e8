import { createSipCarrier, messageOf, type SrtpPolicy } from "@offhook/session";
import type { Command } from "commander";
import { type Calls, createCalls } from "../calls.js";
import { reportAsJson, reportInWords } from "./call-report.js";
import { cliLogger, LOG_OPTION } from "./cli-logger.js";
import { type AgentFlags, agentOf } from "./command-agent.js";
import { onInterrupt } from "./interrupts.js";
import { srtpOption } from "./open-trunk.js";
import { addressInWords, collect, count } from "./option-parsers.js";

interface AnswerFlags extends AgentFlags {
  readonly listen: readonly string[];
  readonly maxCalls?: number;
  readonly srtp?: SrtpPolicy;
  readonly log?: string;
  readonly json?: true;
}

export function addAnswerCommand(program: Command): void {
  program
    .command("answer")
    .description("Answer calls, and say why each one ended.")
    .requiredOption("--listen <address>", "udp:HOST:PORT or tcp:HOST:PORT; repeatable", collect)
    .option("--agent <file>", "TypeScript or JavaScript with a default export of defineAgent()")
    .option("--play <file.wav>", "what to say, without an agent; default: silence")
    .option("--max-calls <n>", "exit when this many calls have ended", count)
    .addOption(srtpOption())
    .option(...LOG_OPTION)
    .option("--json", "one JSON object per line: events, then the outcome")
    .action(async (flags: AnswerFlags, command: Command) => {
      if (flags.agent !== undefined && flags.play !== undefined)
        command.error("error: --play and --agent exclude each other");
      await answer(flags);
    });
}

async function answer(flags: AnswerFlags): Promise<void> {
  const agent = await agentOf("answer", flags);
  const logger = cliLogger(flags.log);
  const carrier = createSipCarrier({
    listen: flags.listen,
    logger,
    ...(flags.srtp === undefined ? {} : { srtp: flags.srtp }),
  });
  const calls = createCalls({ carrier, agent, logger });
  try {
    const enough = untilEnough(calls, flags);
    const { addresses } = await carrier.ready();
    // Said last: whoever waits for this line may call, or send a signal, at once.
    console.error(
      `answering on ${addresses.map(addressInWords).join(", ")}; Ctrl-C drains and exits`,
    );
    await enough;
  } finally {
    await calls.close();
  }
}

/** Reports calls until `maxCalls` have ended, or a signal came and what was in hand has ended. */
function untilEnough(calls: Calls, { maxCalls = Number.POSITIVE_INFINITY, json }: AnswerFlags) {
  return new Promise<void>((resolve) => {
    let ended = 0;
    calls.receive((call) => {
      if (json) reportAsJson(call, console.log);
      else reportInWords(call, console.log);
      void call.ended.then(() => {
        ended += 1;
        if (ended >= maxCalls) finish();
      });
    });
    const undo = onInterrupt({
      signal: (count) => void (count === 1 ? calls.drain() : calls.runner.close()),
      // Which of the calls it belongs to cannot be known; they all go on.
      strayError: (thrown) => console.error(`offhook: agent code threw: ${messageOf(thrown)}`),
    });
    const finish = () => {
      undo();
      resolve();
    };
    void calls.runner.drained.then(finish);
  });
}
