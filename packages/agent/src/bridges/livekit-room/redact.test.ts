import { expect, it } from "vitest";
import { redactedMessage } from "./redact.js";

it("keeps access tokens out of error messages", () => {
  const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYWxsZXIifQ.c2lnbmF0dXJl";
  const message = `ws failure: http://127.0.0.1/rtc?access_token=${token}&protocol=16 (${token}) refused`;
  expect(redactedMessage(new Error(message))).toBe(
    "ws failure: http://127.0.0.1/rtc?access_token=…&protocol=16 (…) refused",
  );
});
