import { expect, it } from "vitest";
import { customHeadersSchema } from "./custom-headers.js";

it.each([
  { "X-Campaign": "autumn" },
  { "P-Asserted-Identity": "<sip:+12025550177@example.com>" },
  { Privacy: "id", "Alert-Info": "<urn:alert:source:internal>" },
])("takes %o", (headers) => {
  expect(customHeadersSchema.parse(headers)).toEqual(headers);
});

it.each([
  [{ Via: "SIP/2.0/UDP 192.0.2.1" }, "writes itself"],
  [{ "call-ID": "mine" }, "writes itself"],
  [{ "X A": "b" }, "no name of a header"],
  [{ "": "b" }, "no name of a header"],
  [{ "X-A": "b\r\nVia: c" }, "one line"],
])("refuses %j, saying why", (headers, why) => {
  const result = customHeadersSchema.safeParse(headers);
  expect(result.success).toBe(false);
  expect(JSON.stringify(result.error?.issues)).toContain(why);
});
