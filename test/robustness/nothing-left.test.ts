import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createSipCarrier } from "@offhook/session";
import { afterEach, expect, it } from "vitest";
import { RawCallee } from "./raw-callee.js";

const script = fileURLToPath(new URL("./call-and-close.mjs", import.meta.url));
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it("leaves no handle and no timer behind, so that the process exits by itself", async () => {
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  closers.push(() => child.kill("SIGKILL"));
  const printed = text(child.stdout);
  const [code, signal] = await once(child, "exit");
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  const { before, udp, tcp, after } = JSON.parse(await printed);
  for (const { during, reasons } of [udp, tcp]) {
    expect(reasons).toEqual([
      "AGENT_HUNG_UP",
      "USER_DID_NOT_PICK_UP",
      "USER_BUSY",
      "SIP_FAILED_PROVIDER_UNAVAILABLE",
      "RUNTIME_SHUTDOWN",
    ]);
    // Counting means something: there was a lot to let go of.
    expect(during.handles.length).toBeGreaterThan(before.handles.length + 3);
  }
  expect(after).toEqual(before);
}, 25_000);

it("repeats a BYE that was lost before a carrier closes", async () => {
  const callee = await RawCallee.start();
  const carrier = createSipCarrier({ trunk: { uri: `sip:127.0.0.1:${callee.port}` } });
  closers.push(
    () => callee.close(),
    () => carrier.close(),
  );
  const answered = new Promise<void>((resolve) => {
    const leg = carrier.placeCall(
      { callId: "lost-bye", destination: carrier.parseDestination("+12025550100") },
      {
        onSignal: ({ type }) => {
          if (type !== "answered") return;
          leg.bye();
          resolve();
        },
      },
    );
  });
  callee.reply(await callee.request("INVITE"), "200 OK", true);
  await answered;
  const closed = carrier.close();
  callee.reply(await callee.request("BYE", 2), "200 OK");
  await closed;
  expect(callee.all("BYE")).toHaveLength(2);
});
