import { z } from "zod";

/** What the stack writes itself; a second one would make the INVITE another, or no, request. */
const OURS = new Set([
  ...["via", "v", "from", "f", "to", "t", "call-id", "i", "cseq", "contact", "m", "max-forwards"],
  ...["content-length", "l", "content-type", "c", "content-encoding", "e", "record-route"],
  ...["require", "k", "supported", "authorization", "proxy-authorization"],
  ...["session-expires", "x", "min-se", "replaces", "rack", "rseq"],
]);

/**
 * Headers that a caller may add to an INVITE, by name: a token (RFC 3261 25.1) that is not ours to
 * write, with a value on one line.
 */
export const customHeadersSchema = z.record(
  z
    .string()
    .regex(/^[\w.!%*+`'~-]{1,100}$/, "is no name of a header")
    .refine(
      (name) => !OURS.has(name.toLowerCase()),
      "is a header that the SIP stack writes itself",
    ),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not stand there
  z.string().regex(/^[^\u0000-\u0008\u000a-\u001f\u007f]{0,2000}$/, "must be one line of text"),
);
