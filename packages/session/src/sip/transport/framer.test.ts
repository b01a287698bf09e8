import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { MAX_BODY_BYTES, MAX_HEAD_BYTES, StreamFramer } from "./framer.js";

function framer() {
  const messages: string[] = [];
  let pings = 0;
  const made = new StreamFramer({
    onMessage: (data) => messages.push(data.toString()),
    onPing: () => {
      pings += 1;
    },
  });
  return { framer: made, messages, pings: () => pings };
}

const message = (body: string) =>
  `MESSAGE sip:a@b SIP/2.0\r\nX: y\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe("StreamFramer", () => {
  it("finds the same messages wherever the stream is cut", () => {
    const stream = Buffer.from(
      `${message("abc")}\r\n\r\n${message("")}\r\n${message("é\r\n\r\n")}`,
    );
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const { framer: made, messages, pings } = framer();
        const points = [0, ...cuts.sort((a, b) => a - b), stream.length];
        for (let at = 1; at < points.length; at++) {
          const chunk = stream.subarray(points[at - 1], points[at]);
          if (chunk.length > 0) expect(made.push(chunk)).toBe(true);
        }
        expect(messages).toEqual([message("abc"), message(""), message("é\r\n\r\n")]);
        expect(pings()).toBeLessThanOrEqual(1);
        expect(made.midMessage).toBe(false);
      }),
    );
  });

  it("answers a double CRLF", () => {
    const { framer: made, pings } = framer();
    made.push(Buffer.from("\r\n\r\n"));
    expect(pings()).toBe(1);
  });

  it("reads the compact Content-Length, and takes none for an empty body", () => {
    const { framer: made, messages } = framer();
    made.push(Buffer.from("A sip:b SIP/2.0\r\nl : 2\r\n\r\nhiB sip:b SIP/2.0\r\n\r\n"));
    expect(messages).toHaveLength(2);
  });

  it("gives a stream up that never ends its header, or announces too much", () => {
    expect(framer().framer.push(Buffer.alloc(MAX_HEAD_BYTES + 1, 65))).toBe(false);
    const huge = `A sip:b SIP/2.0\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`;
    expect(framer().framer.push(Buffer.from(huge))).toBe(false);
  });

  it.each([
    ["is negative", "Content-Length: -999\r\n"],
    ["says two things", "Content-Length: 13\r\nl: 5\r\n"],
    ["is no number", "Content-Length: many\r\n"],
  ])("hands over a message whose length %s, and follows no further", (_what, header) => {
    const { framer: made, messages } = framer();
    expect(made.push(Buffer.from(`A sip:b SIP/2.0\r\n${header}\r\nbody`))).toBe(false);
    expect(messages).toEqual([`A sip:b SIP/2.0\r\n${header}\r\nbody`]);
  });

  it("takes the same length twice, and a folded one", () => {
    const { framer: made, messages } = framer();
    const text = "A sip:b SIP/2.0\r\nContent-Length:\r\n 2\r\nl: 2\r\n\r\nhi";
    expect(made.push(Buffer.from(text + text))).toBe(true);
    expect(messages).toEqual([text, text]);
  });

  it.each(["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "EHLO mail\r\n", "\x16\x03\x01\r\n"])(
    "gives up at once what is no SIP: %j",
    (text) => {
      const { framer: made, messages } = framer();
      expect(made.push(Buffer.from(text))).toBe(false);
      expect(messages).toEqual([]);
    },
  );

  it("joins a body that trickles in byte by byte only once", () => {
    const { framer: made, messages } = framer();
    const whole = message("x".repeat(5_000));
    const head = whole.length - 5_000;
    expect(made.push(Buffer.from(whole.slice(0, head)))).toBe(true);
    const concat = vi.spyOn(Buffer, "concat");
    for (const byte of whole.slice(head)) made.push(Buffer.from(byte));
    const joins = concat.mock.calls.length;
    concat.mockRestore();
    expect(messages).toEqual([whole]);
    expect(joins).toBe(1);
  });
});
