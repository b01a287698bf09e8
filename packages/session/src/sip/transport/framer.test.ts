import fc from "fast-check";
import { describe, expect, it } from "vitest";
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
});
