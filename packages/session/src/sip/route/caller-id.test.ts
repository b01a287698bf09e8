import { expect, it } from "vitest";
import { callerIdSchema, readCallerId } from "./caller-id.js";

it.each([
  ["+12025550142", "sip:+12025550142@home", undefined],
  ["alice", "sip:alice@home", undefined],
  ["front desk", "sip:front%20desk@home", undefined],
  ["ünï", "sip:%C3%BCn%C3%AF@home", undefined],
  ["alice@example.com", "sip:alice@example.com", undefined],
  ["sips:alice@example.com;user=phone", "sips:alice@example.com;user=phone", undefined],
  ["tel:+1-202-555-0142", "tel:+1-202-555-0142", undefined],
  ['"Smith, \\"Al\\"" <sip:al@example.com>', "sip:al@example.com", 'Smith, "Al"'],
  ["Front Desk <+12025550142>", "sip:+12025550142@home", "Front Desk"],
  ["<sip:al@example.com>", "sip:al@example.com", undefined],
])("%s is whom we call as", (text, uri, displayName) => {
  expect(readCallerId(text, "home")).toEqual({
    uri,
    ...(displayName === undefined ? {} : { displayName }),
  });
});

it.each(["", "x\r\nEvil: y", "a@b@c d", "<sip:a@b", '"open <sip:a@b>', "sip:"])(
  "%j is nobody",
  (text) => {
    expect(callerIdSchema.safeParse(text).success).toBe(false);
  },
);
