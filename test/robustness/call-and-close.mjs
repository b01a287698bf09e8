// Makes calls of every kind, closes everything, and says what its process still holds. It does not
// exit by its own doing: what is left running would keep it.
import { createCalls, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { startLoopbackCarrier } from "@offhook/session/testing";

const NUMBERS = [
  { number: "+12025550100", callee: "answers", script: (callee) => callee.answer().stayOn() },
  { number: "+12025550101", callee: "rings", script: (callee) => callee.ring() },
  { number: "+12025550102", callee: "busy", script: (callee) => callee.reject(486) },
  { number: "+12025550103", callee: "silent", script: (callee) => callee.ignore() },
];

/** Handles by kind, without the streams that any process has. */
function held() {
  const standard = new Set([process.stdin, process.stdout, process.stderr]);
  const handles = process._getActiveHandles().filter((handle) => !standard.has(handle));
  return {
    handles: handles.map((handle) => handle.constructor.name),
    timers: process.getActiveResourcesInfo().filter((kind) => /Timeout|Immediate/.test(kind)),
  };
}

async function callEveryNumber(transport) {
  const peer = await startLoopbackCarrier({ numbers: NUMBERS });
  const { port } = peer.addresses.find(({ protocol }) => protocol === transport.toUpperCase());
  const carrier = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${port}`, transport },
    listen: [`${transport}:127.0.0.1:0`],
  });
  const calls = createCalls({
    carrier,
    limits: { noResponseMs: 300, ringMs: 300 },
    agent: defineAgent({
      name: "call-and-close",
      onAnswer: ({ session }) => session.end(),
    }),
  });
  calls.receive();
  await carrier.ready();
  const placed = NUMBERS.map(({ number }) => calls.dial({ to: number }));
  const outcomes = await Promise.all(placed.map(({ ended }) => ended));
  // One more is still ringing when everything is closed.
  const ringing = calls.dial({ to: "+12025550101" });
  await new Promise((resolve) => ringing.session.on("ringing", resolve));
  const during = held();
  await calls.close();
  await peer.close();
  return { during, reasons: [...outcomes, ringing.outcome].map((outcome) => outcome.endReason) };
}

const before = held();
const udp = await callEveryNumber("udp");
const tcp = await callEveryNumber("tcp");
// TCP sockets say that they are closed some turns before they are gone.
await new Promise((resolve) => setTimeout(resolve, 50));
const after = held();
console.log(JSON.stringify({ before, udp, tcp, after }));
