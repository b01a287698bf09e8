import { createSipCarrier, type LegSignal, type SipCarrier, silentLogger } from "@offhook/session";
import { silentMediaPlane } from "../../bench/silent-media-plane.js";

export interface Endpoint {
  readonly carrier: SipCarrier;
  readonly udpPort: number;
  readonly tcpPort: number;
  /** What the calls that came in told so far. */
  readonly signals: readonly LegSignal[];
  /** What was thrown inside, and caught by the last line of defence only. */
  readonly complaints: readonly string[];
}

/** Rings and answers whoever calls, over UDP and TCP. Whatever it sends to a name goes to `reachedAt`. */
export async function openEndpoint(reachedAt: string): Promise<Endpoint> {
  const signals: LegSignal[] = [];
  const complaints: string[] = [];
  const complain = (fields: object, message: string) => {
    complaints.push(`${message} ${JSON.stringify(fields)}`);
  };
  const carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"],
    mediaPlane: silentMediaPlane(),
    logger: { ...silentLogger, warn: complain, error: complain },
    resolver: { resolve: async () => [{ address: reachedAt, port: 5060 }] },
  });
  carrier.receiveCalls((offer) => {
    const leg = offer.accept({ onSignal: (signal) => signals.push(signal) });
    leg.ring();
    leg.answer();
  });
  const { addresses } = await carrier.ready();
  const [udp, tcp] = addresses;
  return { carrier, udpPort: udp?.port ?? 0, tcpPort: tcp?.port ?? 0, signals, complaints };
}

/** An ordinary question, from a sender who is heard on port 5060. */
export function ping(name: string): string {
  return [
    "OPTIONS sip:us@127.0.0.1 SIP/2.0",
    `Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKalive${name}`,
    "From: <sip:a@example.com>;tag=1",
    "To: <sip:us@127.0.0.1>",
    `Call-ID: alive-${name}`,
    "CSeq: 1 OPTIONS",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

/** A header's value in a message, by its full name. */
export function field(text: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, "im").exec(text)?.[1]?.trim() ?? "";
}

/** The ACK that goes with a 200 to INVITE, or the BYE that ends its call. */
export function inDialog(answer: string, method: "ACK" | "BYE"): string {
  const first = Number.parseInt(field(answer, "CSeq"), 10);
  const number = method === "ACK" ? first : first + 1;
  return [
    `${method} sip:offhook@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK${method}`,
    `From: ${field(answer, "From")}`,
    `To: ${field(answer, "To")}`,
    `Call-ID: ${field(answer, "Call-ID")}`,
    `CSeq: ${number} ${method}`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

/** 200 to whatever was asked. */
export function consent(request: string): string {
  const lines = request
    .split("\r\n")
    .filter((line) => /^(?:Via|From|To|Call-ID|CSeq): /.test(line));
  return ["SIP/2.0 200 OK", ...lines, "Content-Length: 0", "", ""].join("\r\n");
}
