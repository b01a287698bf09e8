import { createMediaPlane, type Logger } from "@offhook/session";
import type { Command } from "commander";
import { cliLogger, LOG_OPTION } from "./cli-logger.js";
import { diagnoseThrown, diagnoseTrunk, type Finding } from "./diagnose-trunk.js";
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
    .option("--json", "one JSON object per finding: { type, check, ok, found, change }")
    .addHelpText(
      "after",
      `
It looks up the address, sends OPTIONS (and, with --username, a REGISTER that changes nothing),
and looks at TLS, credentials, NAT, codecs.
Exit code: 0 when all is well, 1 when something is wrong, 2 for wrong usage.`,
    )
    .action(async (flags: DoctorFlags, command: Command) => {
      if (flags.trunk === undefined) command.error("error: --trunk sip:HOST:PORT is needed");
      process.exitCode = (await examine(flags)) ? 0 : 1;
    });
}

/** Whoever has not answered by then will not answer calls in time either. */
const SILENT_MS = 8_000;

async function examine(flags: DoctorFlags): Promise<boolean> {
  const findings = await findingsOf(flags, cliLogger(flags.log));
  for (const finding of findings) {
    const { ok, found, change } = finding;
    if (flags.json) console.log(JSON.stringify({ type: "finding", ...finding }));
    else console.log(`${ok ? "✓" : "✗"} ${found}${change === undefined ? "" : `\n    ${change}`}`);
  }
  return findings.every(({ ok }) => ok);
}

async function findingsOf(flags: DoctorFlags, logger: Logger): Promise<readonly Finding[]> {
  const carrier = await openTrunk(flags, logger);
  try {
    const ping = await carrier.ping({ withinMs: SILENT_MS });
    const hasCredentials = flags.username !== undefined;
    // Many trunks answer OPTIONS to anybody: whether the password is right, only REGISTER shows then.
    const bindings =
      hasCredentials && !ping.proved && (ping.status ?? 600) < 300
        ? await carrier.ping({ method: "REGISTER", withinMs: SILENT_MS })
        : undefined;
    return diagnoseTrunk({
      ping,
      hasCredentials,
      ...(bindings === undefined ? {} : { bindings }),
      codecs: createMediaPlane().codecs.map(({ name, clockRate }) => `${name}/${clockRate}`),
    });
  } catch (thrown) {
    const finding = diagnoseThrown(thrown);
    if (finding) return [finding];
    throw thrown;
  } finally {
    await carrier.close();
  }
}
