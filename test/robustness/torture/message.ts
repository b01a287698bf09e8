/** What becomes of a torture message at an endpoint that answers every call and is no registrar. */
export type Handling =
  /** The call is answered, with these status codes. */
  | "answered"
  /** Nothing at all is sent back. */
  | "ignored"
  /** One final response with this status. */
  | number;

export interface TortureMessage {
  /** As the RFC names it. */
  readonly name: string;
  readonly section: string;
  /** Exactly what is sent. */
  readonly bytes: Buffer;
  readonly expected: Handling;
  /** Over a stream, where it differs: all statuses in order, or that we close. */
  readonly stream?: Handling | "closed" | readonly number[];
  /** Why it is not handled as the RFC has it first, or what it is about. */
  readonly because?: string;
}

/** Lines of text, one byte a character, as they go over the wire. Nothing is added at the end. */
export function wire(text: string): Buffer {
  return Buffer.from(text.replace(/\n/g, "\r\n"), "latin1");
}

/** Text with characters beyond ASCII, as UTF-8 in a text of one byte a character. */
export function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The session description of most messages, which differs in its address only. */
export function sdp(address: string, time = "0 0"): string {
  return `v=0
o=mhandley 29739 7272939 IN IP4 ${address}
s=-
c=IN IP4 ${address}
t=${time}
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
`;
}
