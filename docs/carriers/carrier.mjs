// The carrier of these pages: one number per situation, on this machine, with real SIP and RTP.
// `node docs/carriers/carrier.mjs [udp:127.0.0.1:5080]`, then dial its numbers with `npx offhook dial`.
import { LABEL_NUMBERS, startLoopbackCarrier } from "@offhook/session/testing";

const RING = { durationMs: 1_000 };
const listen = process.argv.slice(2);
/** Where the first address of ours is, for those who are sent on to it. */
const HERE = listen[0]?.replace(/^\w+:/, "") ?? "127.0.0.1:5080";
const ANALYTICS = 'Q.850;v=analytics1;cause=21;text="Network Blocked"';

const SITUATIONS = [
  ["+12025550140", "instant 480", (callee) => callee.reject(480)],
  [
    "+12025550141",
    "instant 503 with Retry-After",
    (callee) => callee.reject(503, { headers: { "Retry-After": "30" } }),
  ],
  [
    "+12025550142",
    "480 with Q.850 cause 34, no circuit",
    (callee) => callee.reject(480, { reason: { protocol: "Q.850", cause: 34 } }),
  ],
  [
    "+12025550143",
    "181 with Diversion to voicemail, then 480",
    (callee) =>
      callee
        .ring(RING)
        .progress({
          status: 181,
          durationMs: 500,
          headers: { Diversion: "<sip:voicemail@carrier.example>;reason=no-answer" },
        })
        .reject(480),
  ],
  [
    "+12025550144",
    "History-Info to a mailbox, then 408",
    (callee) =>
      callee
        .ring({
          ...RING,
          headers: {
            "History-Info":
              "<sip:+12025550144@carrier.example>;index=1, <sip:box@carrier.example;target=sip:%2B12025550144@carrier.example;cause=408>;index=1.1",
          },
        })
        .reject(408),
  ],
  ["+12025550145", "603 Decline by a person", (callee) => callee.ring(RING).reject(603)],
  [
    "+12025550146",
    "603 Network Blocked by analytics",
    (callee) => callee.reject(603, { phrase: "Network Blocked", headers: { Reason: ANALYTICS } }),
  ],
  ["+12025550147", "607 Unwanted", (callee) => callee.ring(RING).reject(607)],
  [
    "+12025550148",
    "608 Rejected with a redress address",
    (callee) =>
      callee.reject(608, {
        headers: { "Call-Info": "<https://redress.carrier.example>;purpose=jwscard" },
      }),
  ],
  ["+12025550149", "only 100 Trying", (callee) => callee.trying()],
  [
    "+12025550150",
    "488 with a warning",
    (callee) =>
      callee.reject(488, {
        headers: { Warning: '305 carrier.example "Incompatible media format"' },
      }),
  ],
  ["+12025550151", "no response at all", (callee) => callee.ignore()],
  [
    "+12025550152",
    "answers, then sends us on to +12025550153 (REFER)",
    (callee) => callee.answer().speak("hello").refer({ to: "+12025550153" }).stayOn(),
  ],
  [
    "+12025550153",
    "whom …52 sends us on to",
    (callee) => callee.ring(RING).answer().speak("hello").hangUp(),
  ],
  [
    "+12025550154",
    "302 to …55",
    (callee) => callee.reject(302, { headers: { Contact: `<sip:+12025550155@${HERE}>` } }),
  ],
  [
    "+12025550155",
    "302 back to …54",
    (callee) => callee.reject(302, { headers: { Contact: `<sip:+12025550154@${HERE}>` } }),
  ],
];

const carrier = await startLoopbackCarrier({
  listen: listen.length > 0 ? listen : ["udp:127.0.0.1:5080", "tcp:127.0.0.1:5080"],
  numbers: [
    ...SITUATIONS.map(([number, callee, script]) => ({ number, callee, script })),
    ...LABEL_NUMBERS,
  ],
});
for (const { number, callee } of carrier.numbers) console.log(`${number}  ${callee}`);
console.log(`listening on ${carrier.uri}; Ctrl-C exits`);
process.once("SIGINT", () => void carrier.close());
