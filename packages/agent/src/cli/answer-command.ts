import { messageOf, OffhookError } from "@offhook/session";
import type { Command } from "commander";
import { type Calls, createCalls } from "../calls.js";
import type { InboundRoute } from "../inbound-routes.js";
import { reportAsJson, reportInWords } from "./call-report.js";
import { cliLogger, LOG_OPTION } from "./cli-logger.js";
import { type AgentFlags, agentOf } from "./command-agent.js";
import { onInterrupt } from "./interrupts.js";
import { loadAgent } from "./load-agent.js";
import { addTrunkOptions, type InboundFlags, openTrunk, type TrunkFlags } from "./open-trunk.js";
import { addressInWords, collect, count } from "./option-parsers.js";

interface AnswerFlags extends AgentFlags, TrunkFlags, InboundFlags {
  readonly route?: readonly string[];
  readonly maxCalls?: number;
  readonly log?: string;
  readonly json?: true;
}

export function addAnswerCommand(program: Command): void {
  const command = program
    .command("answer")
    .description("Answer calls, and say why each one ended.")
    .option("--listen <address>", "udp:HOST:PORT, tcp:, tls:, ws: or wss:; repeatable", collect)
    .option("--register", "register with the trunk, so that its calls come to us");
  addTrunkOptions(command)
    .option("--agent <file>", "TypeScript or JavaScript with a default export of defineAgent()")
    .option("--play <file.wav>", "what to say, without an agent; default: silence")
    .option("--route <number=file>", "an agent for the calls to one number; repeatable", collect)
    .option("--allow <network>", "who may call, such as 198.51.100.0/24; repeatable", collect)
    .option("--ask-username <name>", "ask callers for this name, and OFFHOOK_ASK_PASSWORD")
    .option("--max-at-once <n>", "calls up at the same time; one more is answered 486", count)
    .option("--max-calls <n>", "exit when this many calls have ended", count)
    .option(...LOG_OPTION)
    .option("--json", "one JSON object per line: events, then the outcome")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: AnswerFlags, command: Command) => {
      if (flags.agent !== undefined && flags.play !== undefined)
        command.error("error: --play and --agent exclude each other");
      if (flags.listen === undefined && flags.register === undefined)
        command.error(
          "error: calls come to --listen udp:HOST:PORT, or with --trunk and --register",
        );
      if (flags.register && (flags.trunk === undefined || flags.username === undefined))
        command.error("error: --register needs --trunk and --username");
      await answer(flags);
    });
}

const EXAMPLES = `
Examples:
  $ offhook answer --listen udp:0.0.0.0:5060 --agent receptionist.ts --allow 192.0.2.1
  $ offhook answer --trunk sip:pbx.example.com --username 1001 --register
  $ offhook answer --listen udp:0.0.0.0:5060 --route +12025550100=sales.ts --agent others.ts`;

async function answer(flags: AnswerFlags): Promise<void> {
  const agent = await agentOf("answer", flags);
  const routes = await Promise.all((flags.route ?? []).map(routeOf));
  const logger = cliLogger(flags.log);
  const carrier = await openTrunk(flags, logger);
  const calls = createCalls({ carrier, agent, routes, logger });
  try {
    const enough = untilEnough(calls, flags);
    const { addresses } = await carrier.ready();
    // Said last: whoever waits for this line may call, or send a signal, at once.
    const places = [
      ...addresses.map(addressInWords),
      ...(flags.register ? [`registered with ${flags.trunk}`] : []),
    ];
    console.error(`answering on ${places.join(", ")}; Ctrl-C drains and exits`);
    await enough;
  } finally {
    await calls.close();
  }
}

/** `NUMBER=FILE`. Throws INVALID_OPTION, or what `loadAgent` does. */
async function routeOf(text: string): Promise<InboundRoute> {
  const [, to, file] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (to === undefined || file === undefined)
    throw new OffhookError("INVALID_OPTION", "A --route is not written as NUMBER=FILE.", {
      remedy: "Write it like +12025550100=sales.ts.",
    });
  return { to, agent: await loadAgent(file) };
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
