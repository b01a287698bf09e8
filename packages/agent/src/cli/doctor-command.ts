import { createMediaPlane } from "@offhook/session";
import type { Command } from "commander";
import { cliLogger, LOG_OPTION } from "./cli-logger.js";
import { diagnoseTrunk } from "./diagnose-trunk.js";
import { addTrunkOptions, openTrunk, type TrunkFlags } from "./open-trunk.js";

interface DoctorFlags extends TrunkFlags {
  readonly log?: string;
  readonly json?: true;
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command("doctor")
    .description("Look at a trunk without calling anybody, and say what to change.");
  addTrunkOptions(command)
    .option(...LOG_OPTION)
    .option("--json", "one JSON object per finding")
    .addHelpText(
      "after",
      "\nExit code: 0 when all is well, 1 when something is wrong, 2 for wrong usage.",
    )
    .action(async (flags: DoctorFlags, command: Command) => {
      if (flags.trunk === undefined) command.error("error: --trunk sip:HOST:PORT is needed");
      process.exitCode = (await examine(flags)) ? 0 : 1;
    });
}

async function examine(flags: DoctorFlags): Promise<boolean> {
  const carrier = await openTrunk(flags, cliLogger(flags.log));
  try {
    const findings = diagnoseTrunk({
      ping: await carrier.ping(),
      hasCredentials: flags.username !== undefined,
      codecs: createMediaPlane().codecs.map(({ name, clockRate }) => `${name}/${clockRate}`),
    });
    for (const finding of findings) {
      const { ok, found, change } = finding;
      if (flags.json) console.log(JSON.stringify({ type: "finding", ...finding }));
      else
        console.log(`${ok ? "✓" : "✗"} ${found}${change === undefined ? "" : `\n    ${change}`}`);
    }
    return findings.every(({ ok }) => ok);
  } finally {
    await carrier.close();
  }
}
