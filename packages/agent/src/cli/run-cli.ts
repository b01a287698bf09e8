import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { addAnswerCommand } from "./answer-command.js";
import { addCarrierCommand } from "./carrier-command.js";
import { addDetectCommand } from "./detect-command.js";
import { addDialCommand } from "./dial-command.js";
import { addDoctorCommand } from "./doctor-command.js";
import { addExplainCommand } from "./explain-command.js";
import { addReasonsCommand } from "./reasons-command.js";
import { addReplayCommand } from "./replay-command.js";
import { reportError, reportUsage } from "./report-error.js";
import { addTuneCommand } from "./tune-command.js";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/** Exit codes: 0 an outcome was reached, 1 offhook failed, 2 wrong usage. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const program = new Command("offhook")
    .description("Place and answer real phone calls, and learn why each one ended.")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(add --help for the options)");
  addDialCommand(program);
  addAnswerCommand(program);
  addCarrierCommand(program);
  addDoctorCommand(program);
  addReasonsCommand(program);
  addExplainCommand(program);
  addReplayCommand(program);
  addDetectCommand(program);
  addTuneCommand(program);
  try {
    process.exitCode = 0;
    await program.parseAsync(argv, { from: "user" });
    return process.exitCode;
  } catch (thrown) {
    const json = argv.includes("--json");
    if (!(thrown instanceof CommanderError)) return reportError(thrown, { json });
    return thrown.exitCode === 0 ? 0 : reportUsage(thrown, { json });
  }
}
