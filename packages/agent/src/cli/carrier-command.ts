import {
  type AnsweredNumber,
  LABEL_NUMBERS,
  LOOPBACK_NUMBERS,
  startLoopbackCarrier,
} from "@offhook/session/testing";
import type { Command } from "commander";
import { addressInWords, collect } from "./option-parsers.js";

interface CarrierFlags {
  readonly listen: readonly string[];
}

/** The demo's numbers, and one for everything that detectors tell apart. */
const CARRIER_NUMBERS: readonly AnsweredNumber[] = [...LOOPBACK_NUMBERS, ...LABEL_NUMBERS];

export function addCarrierCommand(program: Command): void {
  program
    .command("carrier")
    .description("Be a carrier whose callees behave by the number dialled; for trying things out.")
    .option("--listen <address>", "udp:HOST:PORT or tcp:HOST:PORT; repeatable", collect, [])
    .action(async (flags: CarrierFlags) => {
      const listen = flags.listen.length > 0 ? flags.listen : ["udp:127.0.0.1:5080"];
      const carrier = await startLoopbackCarrier({ listen, numbers: CARRIER_NUMBERS });
      try {
        const stopped = new Promise<void>((resolve) => {
          process.once("SIGINT", resolve).once("SIGTERM", resolve);
        });
        for (const line of carrierTable()) console.log(line);
        console.error(
          `listening on ${carrier.addresses.map(addressInWords).join(", ")}; Ctrl-C exits`,
        );
        await stopped;
      } finally {
        await carrier.close();
      }
    });
}

/** A line per number: what the callee does, and how the call ends or what detectors should say. */
export function carrierTable(): readonly string[] {
  return [
    ...LOOPBACK_NUMBERS.map(({ number, callee, expected }) => row(number, callee, expected)),
    ...LABEL_NUMBERS.map(({ number, callee, label, kind }) =>
      row(number, callee, `label ${label}${kind === undefined ? "" : ` (${kind})`}`),
    ),
  ];
}

function row(number: string, callee: string, expected: string): string {
  return `${number.padEnd(14)} ${callee.padEnd(48)} ${expected}`;
}
