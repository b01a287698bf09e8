import { startLoopbackCarrier } from "@offhook/session/testing";
import type { Command } from "commander";
import { addressInWords, collect } from "./option-parsers.js";

interface CarrierFlags {
  readonly listen: readonly string[];
}

export function addCarrierCommand(program: Command): void {
  program
    .command("carrier")
    .description("Be a carrier whose callees behave by the number dialled; for trying things out.")
    .option("--listen <address>", "udp:HOST:PORT or tcp:HOST:PORT; repeatable", collect, [])
    .action(async (flags: CarrierFlags) => {
      const listen = flags.listen.length > 0 ? flags.listen : ["udp:127.0.0.1:5080"];
      const carrier = await startLoopbackCarrier({ listen });
      try {
        const stopped = new Promise<void>((resolve) => {
          process.once("SIGINT", resolve).once("SIGTERM", resolve);
        });
        for (const { number, callee, expected } of carrier.numbers)
          console.log(`${number.padEnd(14)} ${callee.padEnd(48)} ${expected ?? ""}`);
        console.error(
          `listening on ${carrier.addresses.map(addressInWords).join(", ")}; Ctrl-C exits`,
        );
        await stopped;
      } finally {
        await carrier.close();
      }
    });
}
