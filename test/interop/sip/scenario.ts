/** A sipp scenario, written step by step. Every step counts as one of sipp's own messages. */
export class SippScenario {
  readonly name: string;
  private readonly steps: string[] = [];
  private checks = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** The number of the next step. */
  get next(): number {
    return this.steps.length;
  }

  /**
   * Waits for a request, or for a response by its code. `holding` is a regular expression that must
   * be found in it, or the scenario fails.
   */
  recv(what: string | number, options: RecvOptions = {}): this {
    const { optional = false, holding, keep = [], auth = false } = options;
    const actions = keep.map(
      ([variable, header]) =>
        `<ereg regexp=".*" search_in="hdr" header="${header}:" assign_to="${variable}"/>`,
    );
    if (holding !== undefined) {
      this.checks += 1;
      actions.push(
        `<ereg regexp="${inAttribute(holding)}" search_in="msg" check_it="true" assign_to="check${this.checks}"/>`,
      );
    }
    const kind = typeof what === "number" ? "response" : "request";
    const flags = `${optional ? ' optional="true"' : ""}${auth ? ' auth="true"' : ""}`;
    this.steps.push(
      `<recv ${kind}="${what}" rrs="true"${flags}><action>${actions.join("")}</action></recv>`.replace(
        "<action></action>",
        "",
      ),
    );
    return this;
  }

  /** Sends these lines, and what may follow them; `repeats` until it is answered, over UDP. */
  send(lines: readonly string[], body?: string, repeats = false): this {
    const text = [
      ...lines,
      ...(body === undefined ? [] : ["Content-Type: application/sdp"]),
      "Content-Length: [len]",
      "",
      ...(body === undefined ? [] : [body]),
    ].join("\n");
    this.steps.push(`<send${repeats ? ' retrans="500"' : ""}><![CDATA[\n${text}\n]]></send>`);
    return this;
  }

  pause(durationMs: number): this {
    this.steps.push(`<pause milliseconds="${durationMs}"/>`);
    return this;
  }

  toXml(): string {
    const names = Array.from({ length: this.checks }, (_, at) => `check${at + 1}`);
    const all = [...names, ...this.kept()].join(",");
    const reference = all === "" ? "" : `<Reference variables="${all}"/>`;
    return `<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="${this.name}">\n${this.steps.join("\n")}\n${reference}</scenario>\n`;
  }

  private kept(): string[] {
    const all = this.steps.join("").matchAll(/header="[^"]*" assign_to="(\w+)"/g);
    return [...new Set([...all].map((match) => match[1] ?? ""))];
  }
}

export interface RecvOptions {
  readonly optional?: boolean;
  readonly holding?: string;
  /** Variables to keep headers in, for later. */
  readonly keep?: readonly (readonly [variable: string, header: string])[];
  /** The challenge in it is answered by the next `[authentication]`. */
  readonly auth?: boolean;
}

const inAttribute = (text: string) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

/** PCMU, as everybody takes it. */
export const audio = (direction = "sendrecv") =>
  [
    "v=0",
    "o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]",
    "s=-",
    "c=IN IP[media_ip_type] [media_ip]",
    "t=0 0",
    "m=audio [media_port] RTP/AVP 0",
    "a=rtpmap:0 PCMU/8000",
    `a=${direction}`,
  ].join("\n");

const contact = "Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>";

/** A response to the INVITE that starts a call. */
export const answerTo = (status: string, extra: readonly string[] = []) => [
  `SIP/2.0 ${status}`,
  "[last_Via:]",
  "[last_From:]",
  "[last_To:];tag=far[call_number]",
  "[last_Call-ID:]",
  "[last_CSeq:]",
  contact,
  ...extra,
];

/** A response to a request inside a call. */
export const answerInside = (status: string, extra: readonly string[] = []) =>
  answerTo(status, extra).map((line) => (line.startsWith("[last_To:]") ? "[last_To:]" : line));

/** The same for a request before the last: of which `via` and `cseq` were kept. */
export const answerKept = (status: string, to = "[last_To:]") => [
  `SIP/2.0 ${status}`,
  "Via: [$via]",
  "[last_From:]",
  to,
  "[last_Call-ID:]",
  "CSeq: [$cseq]",
  contact,
];

/** A request of the callee inside a call, whose `caller` was kept. */
export const fromCallee = (
  method: string,
  cseq: number,
  branch = "[branch]",
  extra: readonly string[] = [],
) => [
  `${method} [next_url] SIP/2.0`,
  `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch}`,
  "From: <sip:sipp@[local_ip]:[local_port]>;tag=far[call_number]",
  "To: [$caller]",
  "Call-ID: [call_id]",
  `CSeq: ${cseq} ${method}`,
  contact,
  "Max-Forwards: 70",
  ...extra,
];

/** A request of the caller: outside a call without a tag, inside it with the peer's. */
export const fromCaller = (
  method: string,
  cseq: number,
  options: { inside?: boolean; branch?: string; extra?: readonly string[] } = {},
) => {
  const { inside = method === "ACK", branch = "[branch]", extra = [] } = options;
  const outside = "sip:[service]@[remote_ip]:[remote_port]";
  return [
    `${method} ${inside ? "[next_url]" : outside} SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch}`,
    'From: "Caller" <sip:+12025550142@[local_ip]:[local_port]>;tag=caller[call_number]',
    `To: <${outside}>${inside ? "[peer_tag_param]" : ""}`,
    "Call-ID: [call_id]",
    `CSeq: ${cseq} ${method}`,
    contact,
    "Max-Forwards: 70",
    ...extra,
  ];
};
