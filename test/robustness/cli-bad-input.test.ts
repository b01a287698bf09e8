import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LoopbackCarrier, startLoopbackCarrier } from "@offhook/session/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runCli } from "../../packages/agent/src/cli/run-cli.js";
import { type Exit, type Line, outcomesOf, startOffhook } from "../interop/cli/offhook.js";
import { onlyOutcome, statesOf } from "../interop/cli/outcome-shape.js";

const folder = mkdtempSync(join(tmpdir(), "offhook-bad-input-"));
const NUMBER = "+12025550100";
/** A process takes half a second to start, and much longer on a machine that is busy with others. */
const PROCESS_MS = 45_000;
const agent = (name: string) => fileURLToPath(new URL(`./agents/${name}`, import.meta.url));

let carrier: LoopbackCarrier;
/** Nobody listens there, on either transport. */
let closedPort: number;

beforeAll(async () => {
  carrier = await startLoopbackCarrier({
    numbers: [{ number: NUMBER, callee: "answers", script: (callee) => callee.answer().stayOn() }],
  });
  closedPort = await new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close((error) => (error ? reject(error) : resolve(port)));
    });
  });
});
afterAll(async () => {
  await carrier.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (command: readonly string[]): Promise<Exit> =>
  startOffhook(command, { withinMs: PROCESS_MS }).exited;

/** The same in this process, for what ends before anything is opened: it saves a start of Node. */
async function runHere(command: readonly string[]): Promise<Exit> {
  const lines: Line[] = [];
  let stderr = "";
  const hear = (text: unknown) => {
    stderr += `${text}\n`;
    return true;
  };
  const spies = [
    vi.spyOn(console, "log").mockImplementation((line) => void lines.push(JSON.parse(line))),
    vi.spyOn(console, "error").mockImplementation(hear),
    vi.spyOn(process.stderr, "write").mockImplementation(hear),
  ];
  try {
    const code = await runCli([...command, "--json"]);
    return { code, signal: null, stderr, lines };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
const dial = (...flags: readonly string[]) =>
  run(["dial", NUMBER, "--trunk", carrier.uri, ...flags]);

const refused = (...flags: readonly string[]) =>
  runHere(["dial", NUMBER, "--trunk", carrier.uri, ...flags]);

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A WAV header that promises what nothing can play: 64-bit floats. */
function doubleFloatWav(): Uint8Array {
  const wav = Buffer.alloc(44 + 80);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(3, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8_000, 24);
  wav.writeUInt32LE(64_000, 28);
  wav.writeUInt16LE(8, 32);
  wav.writeUInt16LE(64, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(80, 40);
  return wav;
}

/** Wrong usage: a typed error in both forms, exit code 2, and no call was placed. */
function expectRefused(exit: Exit, code: string, message: RegExp): void {
  expect({ code: exit.code, lines: exit.lines }, exit.stderr).toEqual({
    code: 2,
    lines: [
      expect.objectContaining({ type: "error", code, message: expect.stringMatching(message) }),
    ],
  });
  expect(exit.stderr).toMatch(message);
  expect(exit.stderr).not.toMatch(/^\s+at /m);
}

describe("offhook refuses, before anybody's phone rings,", () => {
  it.each([
    [
      "an agent file that is not there",
      ["--agent", "nowhere.ts"],
      "AGENT_FILE_UNREADABLE",
      /nowhere/,
    ],
    [
      "an agent file that fails",
      ["--agent", agent("broken.js")],
      "AGENT_FILE_UNREADABLE",
      /no config/,
    ],
    ["a file without an agent", ["--agent", agent("no-agent.ts")], "INVALID_AGENT", /no agent/],
    ["a sound file that is not there", ["--play", "nowhere.wav"], "INVALID_AUDIO", /nowhere\.wav/],
    [
      "an agent and a sound file",
      ["--agent", "a.ts", "--play", "b.wav"],
      "INVALID_OPTION",
      /exclude/,
    ],
    ["no time to ring", ["--ring-timeout", "0"], "INVALID_OPTION", /from 1 to/],
    ["half a millisecond", ["--hangup-after", "0.5"], "INVALID_OPTION", /whole number/],
    ["more than a day", ["--max-duration", "86400001"], "INVALID_OPTION", /to 86400000/],
    ["a time in words", ["--response-timeout", "soon"], "INVALID_OPTION", /whole number/],
    ["an unknown transport", ["--transport", "sctp"], "INVALID_OPTION", /sctp/],
    ["an unknown option", ["--loud"], "INVALID_OPTION", /--loud/],
  ] as const)("%s", async (_what, flags, code, message) => {
    expectRefused(await refused(...flags), code, message);
  });

  it("a text file called a WAV", async () => {
    const path = file("text.wav", "once upon a time, there was a phone");
    expectRefused(await refused("--play", path), "INVALID_AUDIO", /RIFF/);
  });

  it("a WAV of a format that it cannot read", async () => {
    const path = file("double.wav", doubleFloatWav());
    expectRefused(await refused("--play", path), "INVALID_AUDIO", /64 bits/);
  });

  it("a trunk that is none", async () => {
    const exit = await runHere(["dial", NUMBER, "--trunk", "sip:127.0.0.1:99999"]);
    expectRefused(exit, "INVALID_OPTION", /trunk/);
  });

  it("a number without a trunk", async () => {
    expectRefused(await runHere(["dial", NUMBER]), "INVALID_OPTION", /--trunk/);
  });

  it("an address that cannot be listened on", async () => {
    const exit = await runHere(["answer", "--listen", "udp:127.0.0.1:99999"]);
    expectRefused(exit, "INVALID_OPTION", /99999/);
  });

  it("an address that somebody else has", async () => {
    const taken = carrier.addresses.map(({ port }) => port)[0] ?? 0;
    const exit = await runHere(["answer", "--listen", `udp:127.0.0.1:${taken}`]);
    expectRefused(exit, "ADDRESS_IN_USE", /taken/);
  });

  it("all of that as a process too", { timeout: 2 * PROCESS_MS }, async () => {
    expectRefused(await dial("--ring-timeout", "0"), "INVALID_OPTION", /from 1 to/);
    expectRefused(await dial("--agent", "nowhere.ts"), "AGENT_FILE_UNREADABLE", /nowhere/);
  });

  it("no calls at all", async () => {
    const exit = await runHere(["answer", "--listen", "udp:127.0.0.1:0", "--max-calls", "0"]);
    expectRefused(exit, "INVALID_OPTION", /calls from 1/);
  });
});

describe("offhook ends honestly", () => {
  it.each(["udp", "tcp"])("a call to a closed port over %s", async (transport) => {
    const trunk = `sip:127.0.0.1:${closedPort}`;
    const exit = await runHere(["dial", NUMBER, "--trunk", trunk, "--transport", transport]);
    expect(onlyOutcome(exit)).toMatchObject({
      finalState: "not_connected",
      endReason: "SIP_FAILED_PROVIDER_UNAVAILABLE",
      because: { text: expect.stringMatching(/ECONNREFUSED/) },
    });
  });

  it("a call by an unknown host", async () => {
    const exit = await runHere(["dial", NUMBER, "--trunk", "sip:carrier.invalid"]);
    expect(onlyOutcome(exit)).toMatchObject({
      endReason: "SIP_FAILED_PROVIDER_UNAVAILABLE",
      because: { text: expect.stringMatching(/carrier\.invalid/) },
    });
  });

  it("a call to no number, of which nothing is sent", async () => {
    const outcome = onlyOutcome(await runHere(["dial", "+1202", "--trunk", carrier.uri]));
    expect(outcome).toMatchObject({
      endReason: "INVALID_DESTINATION",
      errors: [{ code: "INVALID_DESTINATION", where: "destination" }],
    });
    expect(statesOf(outcome)).toEqual(["pending", "not_connected"]);
  });
});

describe.concurrent("offhook outlives", { timeout: PROCESS_MS + 5_000 }, () => {
  it("an agent that throws in setup, of whose call nothing is sent", async () => {
    const outcome = onlyOutcome(await dial("--agent", agent("throws-in-setup.ts")));
    expect(outcome).toMatchObject({
      endReason: "AGENT_ERROR",
      errors: [{ code: "AGENT_THREW", where: "agent:setup", message: "the database is down" }],
    });
    expect(statesOf(outcome)).not.toContain("dialing");
  });

  it("an agent that throws on answer", async () => {
    const outcome = onlyOutcome(await dial("--agent", agent("throws-on-answer.ts")));
    expect(outcome).toMatchObject({
      finalState: "ended",
      endReason: "AGENT_ERROR",
      errors: [{ code: "AGENT_THREW", where: "agent:onAnswer" }],
    });
  });

  it("an agent whose every hook throws, and the call goes on", async () => {
    const exit = await dial("--agent", agent("throws-in-hooks.ts"), "--hangup-after", "200");
    const outcome = onlyOutcome(exit);
    expect(outcome).toMatchObject({ finalState: "ended", endReason: "AGENT_HUNG_UP" });
    expect(outcome["errors"]).toMatchObject([
      { where: "hook:dialing", message: "thrown at dialing" },
      { where: "hook:active", message: "rejected at active" },
      { where: "hook:call_end", message: "thrown at call_end" },
    ]);
  });

  it("an agent whose hooks never settle", async () => {
    const exit = await dial("--agent", agent("never-settles.ts"), "--hangup-after", "200");
    const outcome = onlyOutcome(exit);
    expect(outcome).toMatchObject({ finalState: "ended", endReason: "AGENT_HUNG_UP" });
    const places = (outcome["errors"] as { where: string }[]).map(({ where }) => where);
    expect(places).toContain("hook:call_end");
  });

  it("an agent that throws in setup of a call that comes in", async () => {
    const flags = ["--max-calls", "1", "--agent", agent("throws-in-setup.ts")];
    const offhook = startOffhook(["answer", "--listen", "udp:127.0.0.1:0", ...flags]);
    const to = `sip:us@127.0.0.1:${await offhook.port()}`;
    carrier.callIn({ from: NUMBER, to, caller: (caller) => caller.stayOn() });
    const exit = await offhook.exited;
    expect(outcomesOf(exit)).toMatchObject([
      { direction: "inbound", endReason: "AGENT_ERROR", errors: [{ where: "agent:setup" }] },
    ]);
    expect(exit.code, exit.stderr).toBe(0);
  });
});
