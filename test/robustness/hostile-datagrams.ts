import { type Random, seededRandom } from "@offhook/session";

/** Messages that no parser should trust: each wrong in another way. */
export function malformedSip(): readonly Buffer[] {
  const invite = (lines: readonly string[]) =>
    Buffer.from(["INVITE sip:us@127.0.0.1 SIP/2.0", ...lines, "", ""].join("\r\n"));
  const whole = [
    "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKhostile",
    "From: <sip:mallory@127.0.0.1>;tag=m",
    "To: <sip:us@127.0.0.1>",
    "Call-ID: hostile",
    "CSeq: 1 INVITE",
  ];
  const replaced = (name: string, line: string) =>
    invite(whole.map((present) => (present.startsWith(name) ? line : present)));
  return [
    Buffer.alloc(0),
    Buffer.from([0]),
    Buffer.from("\r\n\r\n"),
    Buffer.from("INVITE"),
    Buffer.from("INVITE sip:us@127.0.0.1 SIP/2.0\r\n"),
    Buffer.from("INVITE sip:us@127.0.0.1 SIP/9.9\r\n\r\n"),
    Buffer.from("SIP/2.0 200 OK\r\n\r\n"),
    Buffer.from("SIP/2.0 banana\r\nVia: ;;;\r\n\r\n"),
    Buffer.from("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
    Buffer.alloc(60_000, "A"),
    invite([]),
    replaced("Via", "Via: \u0000\u0001"),
    replaced("From", "From: <<<sip:@@@>>>;tag"),
    replaced("To", "To:"),
    replaced("CSeq", "CSeq: 99999999999999999999 INVITE"),
    replaced("CSeq", "CSeq: one INVITE"),
    replaced("CSeq", "CSeq: 1 BYE"),
    replaced("Call-ID", `Call-ID: ${"c".repeat(30_000)}`),
    invite([...whole, "Content-Length: -1"]),
    invite([...whole, "Content-Length: 4000000000"]),
    invite([...whole, "Content-Type: application/sdp", "Content-Length: 7", "", "v=0\r\nm="]),
    invite([...whole, ...Array.from({ length: 500 }, () => "Via: SIP/2.0/UDP 10.0.0.1;branch=x")]),
    Buffer.concat([invite(whole), Buffer.from([0xff, 0xfe, 0xc0, 0x80])]),
  ];
}

/** Packets that look like RTP or RTCP, up to the point where they do not. */
export function malformedRtp(): readonly Buffer[] {
  const rtp = (first: number, second: number, length: number) => {
    const packet = Buffer.alloc(length);
    if (length > 0) packet[0] = first;
    if (length > 1) packet[1] = second;
    return packet;
  };
  const endless = rtp(0x90, 0, 20);
  endless.writeUInt16BE(0xffff, 14);
  const padded = rtp(0xa0, 0, 20);
  padded[19] = 255;
  return [
    Buffer.alloc(0),
    rtp(0x80, 0, 1),
    rtp(0x80, 0, 11),
    rtp(0x80, 0, 12),
    rtp(0x00, 0, 172),
    rtp(0xc0, 0, 172),
    // 15 contributing sources in a packet that ends before them.
    rtp(0x8f, 0, 16),
    endless,
    padded,
    rtp(0x80, 127, 172),
    // Digits: too short, and number 255.
    rtp(0x80, 101, 13),
    Buffer.concat([rtp(0x80, 101, 12), Buffer.from([255, 255, 255, 255])]),
    // RTCP that claims more than it holds, in both directions of claim.
    Buffer.from([0x9f, 200, 0xff, 0xff, 0, 0, 0, 1]),
    Buffer.from([0x81, 201, 0, 0]),
    Buffer.from([0x80, 203, 0, 200, 1]),
    Buffer.alloc(65_000, 0x80),
  ];
}

/** `count` copies of `message`, each with some bytes changed, cut or doubled; the same for a seed. */
export function mutations(message: Buffer, count: number, seed: number): readonly Buffer[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => mutate(message, random));
}

function mutate(message: Buffer, random: Random): Buffer {
  const below = (limit: number) => Math.floor(random.unit() * limit);
  const copy = Buffer.from(message);
  for (let change = 0; change <= below(8); change++) copy[below(copy.length)] = below(256);
  const cut = below(copy.length);
  switch (below(4)) {
    case 0:
      return copy.subarray(0, cut);
    case 1:
      return copy.subarray(cut);
    case 2:
      return Buffer.concat([copy.subarray(0, cut), copy]).subarray(0, 60_000);
    default:
      return copy;
  }
}
