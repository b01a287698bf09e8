import { createRequire } from "node:module";
import { beside, type EmitRow } from "../row.js";

type ParseModule = typeof import("../../../packages/session/dist/sip/message/parse.js");
type SipjsMessageModule =
  typeof import("../../../packages/session/dist/sip/message/sipjs-message.js");
type HeaderValueModule =
  typeof import("../../../packages/session/dist/sip/message/header-value.js");

/** The little of sip.js that is measured: its own way from text to a message. */
interface SipjsCore {
  readonly Parser: { parseMessage(text: string, logger: unknown): SipjsMessage | undefined };
  readonly LoggerFactory: new () => { builtinEnabled: boolean; getLogger(name: string): unknown };
}

interface SipjsMessage {
  readonly from: unknown;
  readonly to: unknown;
  parseHeader(name: string): unknown;
  getHeaders(name: string): readonly string[];
}

const SESSION = new URL("../../../../packages/session/dist/", import.meta.url);
const OUR_ROUNDS = 5_000;
const THEIR_ROUNDS = 50;

/** Messages of one call, from bytes to what its dialog asks of them, beside sip.js's grammar. */
export async function parserBench(emit: EmitRow): Promise<void> {
  const [{ parseMessage, headerOf }, { toSipjsRequest, toSipjsResponse }, { parseVia }] =
    await Promise.all([
      load<ParseModule>("sip/message/parse.js"),
      load<SipjsMessageModule>("sip/message/sipjs-message.js"),
      load<HeaderValueModule>("sip/message/header-value.js"),
    ]);
  const sipjs = (await import(
    createRequire(SESSION).resolve("sip.js/lib/core/index.js")
  )) as SipjsCore;
  const loggers = new sipjs.LoggerFactory();
  loggers.builtinEnabled = false;
  const logger = loggers.getLogger("bench");

  const readOurs = (data: Buffer): SipjsMessage | undefined => {
    const parsed = parseMessage(data);
    const via = parsed.ok ? parseVia(headerOf(parsed.message, "via") ?? "") : undefined;
    if (!parsed.ok || !via) return undefined;
    const { message } = parsed;
    return message.kind === "request"
      ? toSipjsRequest(message, via)
      : toSipjsResponse(message, via);
  };
  const readTheirs = (data: Buffer) => sipjs.Parser.parseMessage(data.toString(), logger);
  for (const data of call) use(readOurs(data), use(readTheirs(data)));

  const ours = microseconds(OUR_ROUNDS, () => call.forEach((data) => void use(readOurs(data))));
  const theirs = microseconds(THEIR_ROUNDS, () =>
    call.forEach((data) => void use(readTheirs(data))),
  );
  const peer = { name: "sip.js's grammar", value: theirs / call.length };
  emit(beside("message read", ours / call.length, "µs", peer, { atMost: 1 / 20 }));
}

/** What a dialog asks of a message. Throws where the two ways do not see the same in it. */
function use(message: SipjsMessage | undefined, like?: string): string {
  if (!message?.from || !message.to)
    throw new Error("a message of the benchmark was not understood");
  const contact = message.parseHeader("contact") === undefined ? "no contact" : "contact";
  const seen = `${contact}, ${message.getHeaders("record-route").length} routes`;
  if (like !== undefined && like !== seen) throw new Error(`${seen} is not ${like}`);
  return seen;
}

function microseconds(rounds: number, work: () => void): number {
  for (let round = 0; round < rounds / 5; round += 1) work();
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round += 1) work();
  return ((performance.now() - startedMs) * 1_000) / rounds;
}

async function load<Module>(path: string): Promise<Module> {
  return (await import(new URL(path, SESSION).href)) as Module;
}

const dialog = (toTag: string) => [
  "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1a2b3c4d5e6f;rport=5060;received=192.0.2.1",
  'From: "Alice" <sip:+12025550100@trunk.example.com>;tag=9fxced76sl',
  `To: <sip:+12025550101@trunk.example.com>${toTag}`,
  "Call-ID: 3848276298220188511@192.0.2.1",
];
const sdp = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.9",
  "s=-",
  "c=IN IP4 192.0.2.9",
  "t=0 0",
  "m=audio 40000 RTP/AVP 0 8 101",
  "a=rtpmap:101 telephone-event/8000",
  "a=sendrecv",
  "",
].join("\r\n");
const contact = "Contact: <sip:+12025550101@192.0.2.9:5060;transport=udp>";
const routes = ["Record-Route: <sip:proxy1.example.com;lr>", "Record-Route: <sip:192.0.2.7;lr>"];
const ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK";
const messages: readonly (readonly [readonly string[], string])[] = [
  [
    [
      "INVITE sip:+12025550101@192.0.2.9:5060 SIP/2.0",
      ...dialog(""),
      "CSeq: 1 INVITE",
      "Max-Forwards: 70",
      contact,
      ...routes,
      ALLOW,
      "Supported: 100rel, timer",
      "Content-Type: application/sdp",
    ],
    sdp,
  ],
  [["SIP/2.0 100 Trying", ...dialog(""), "CSeq: 1 INVITE"], ""],
  [["SIP/2.0 180 Ringing", ...dialog(";tag=314159"), "CSeq: 1 INVITE", contact, ...routes], ""],
  [
    [
      "SIP/2.0 200 OK",
      ...dialog(";tag=314159"),
      "CSeq: 1 INVITE",
      contact,
      ...routes,
      ALLOW,
      "Content-Type: application/sdp",
    ],
    sdp,
  ],
  [
    [
      "BYE sip:offhook@192.0.2.1:5060 SIP/2.0",
      ...dialog(";tag=314159"),
      "CSeq: 2 BYE",
      "Max-Forwards: 70",
      'Reason: Q.850;cause=16;text="Normal"',
    ],
    "",
  ],
];
const call = messages.map(([head, body]) =>
  Buffer.from([...head, `Content-Length: ${body.length}`, "", body].join("\r\n")),
);
