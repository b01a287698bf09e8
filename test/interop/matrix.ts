/** One case of the interop matrix, as the run's closing table shows it. */
export interface MatrixRow {
  readonly case: string;
  readonly peer: "sipp" | "baresip" | "Kamailio" | "by hand";
  readonly transport: "UDP" | "TCP" | "TLS" | "WS" | "WSS";
  readonly role: "we call" | "we answer" | "both" | "we ask" | "we are asked";
  /** Of the call's outcome, where there was a call. */
  readonly endReason?: string;
}

declare module "vitest" {
  interface TaskMeta {
    matrix?: MatrixRow;
  }
}

type Transport = "udp" | "tcp" | "tls" | "ws" | "wss";

export const upper = (transport: Transport) => transport.toUpperCase() as MatrixRow["transport"];

/** sipp's scenarios by what they are about: it is called, and plays this. */
export const calledCases: Readonly<Record<string, string>> = {
  answer: "answer",
  busy: "486",
  unavailable: "480",
  "unavailable-with-reason": "480 with Reason",
  "not-found": "404",
  decline: "603",
  forbidden: "403 with Warning",
  "service-unavailable": "503 with Retry-After",
  "rejected-608": "608",
  retargeted: "480 after retargeting",
  "ring-then-unavailable": "ring, then 480",
  "ring-then-canceled": "ring timeout, then CANCEL",
  "trying-then-canceled": "CANCEL before any response",
  "answer-crossing-cancel": "CANCEL crossing 200",
  "early-media": "183 with early media",
  "reliable-183": "reliable 183 (PRACK)",
  redirect: "302",
  "challenge-401": "401",
  "challenge-407": "407",
  "challenge-407-then-401": "407, then 401",
  "challenge-several": "two challenges",
  "challenge-stale": "stale nonce",
  "challenge-sha-256": "SHA-256",
  "challenge-auth-int": "auth-int",
  "challenge-twice-wrong-password": "wrong password",
  "forked-ringing": "forked 180s",
  "forked-answers": "forked 200s",
  "ringing-without-contact": "180 without Contact",
  "answer-without-sdp": "200 without SDP",
  "answer-then-bye": "BYE with Reason",
  "bye-race": "BYE race",
  "bye-repeated": "retransmitted BYE",
  "answer-repeated": "ACK lost",
  "record-route": "Record-Route",
  "update-and-info": "UPDATE, OPTIONS, INFO",
  "hold-by-callee": "re-INVITE hold by them",
  glare: "re-INVITE hold by us, 491",
  "session-interval-too-small": "422",
  "refreshed-by-update": "session timer refreshed by UPDATE",
  "refreshed-by-reinvite": "session timer refreshed by re-INVITE",
  "never-refreshed": "session timer expired",
  transfer: "REFER with NOTIFY",
  "no-response": "no response at all",
  closed: "nobody there",
};

/** The same where it calls. */
export const callingCases: Readonly<Record<string, string>> = {
  calling: "answer, BYE with Reason",
  "refused-486": "486",
  "refused-480": "480 with Reason",
  "refused-404": "404",
  "calling-refused": "603",
  "refused-480-after-ringing": "ring, then 480",
  "calling-then-cancel": "ring timeout, then CANCEL",
  "canceling-too-late": "CANCEL crossing 200",
  "calling-then-wait": "183 with early media",
  "calling-reliably": "reliable 180 (PRACK)",
  "refused-302": "302",
  "challenged-401": "401",
  "challenged-407": "407",
  "calling-no-sdp": "delayed offer",
  "hung-up-on": "BYE with Reason by us",
  "bye-race": "BYE race",
  "bye-repeated": "retransmitted BYE",
  "calling-no-ack": "no ACK",
  "record-routed": "Record-Route",
  updating: "UPDATE",
  holding: "re-INVITE hold by them",
  refreshing: "session timer refreshed by them",
  refreshed: "session timer refreshed by us",
  "never-refreshing": "session timer expired",
  "calling-incompatible": "no common codec",
  options: "OPTIONS",
};

const lossCases = ["5 % loss each way", "15 % loss each way"];
const transports = ["UDP", "TCP", "TLS", "WS", "WSS"] as const;
const digests = ["MD5", "SHA-256"];

/** Everything that a full run must have a row for. */
export function requiredRows(): readonly MatrixRow[] {
  const both = ["UDP", "TCP"] as const;
  return [
    ...both.flatMap((transport) => [
      ...Object.values(calledCases).map(
        (name) => ({ case: name, peer: "sipp", transport, role: "we call" }) as const,
      ),
      ...Object.values(callingCases).map(
        (name) => ({ case: name, peer: "sipp", transport, role: "we answer" }) as const,
      ),
      { case: "audio both ways", peer: "baresip", transport, role: "we call" } as const,
      { case: "audio both ways", peer: "baresip", transport, role: "we answer" } as const,
      { case: "RFC 4475", peer: "by hand", transport, role: "we are asked" } as const,
      { case: "RFC 5118", peer: "by hand", transport, role: "we are asked" } as const,
    ]),
    ...lossCases.flatMap((name) => [
      { case: name, peer: "sipp", transport: "UDP", role: "we call" } as const,
      { case: name, peer: "sipp", transport: "UDP", role: "we answer" } as const,
    ]),
    ...digests.flatMap((digest) =>
      transports.map(
        (transport) =>
          ({
            case: `registrar and proxy, ${digest}, Record-Route`,
            peer: "Kamailio",
            transport,
            role: "both",
          }) as const,
      ),
    ),
  ];
}

/** What two rows of the same case have in common. */
export const rowKey = ({ case: name, peer, transport, role }: MatrixRow) =>
  [name, peer, transport, role].join(" | ");
