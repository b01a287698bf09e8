import { expect, it } from "vitest";
import { subscriberOf } from "./subscriber.js";

it.each([
  ["+12025550100;npdi;rn=+12025559999", "+12025550100"],
  ["+1-202-555-0100", "+12025550100"],
  ["2025550100;phone-context=+1", "2025550100"],
  ["*72", "*72"],
  ["alice;day=tuesday", "alice;day=tuesday"],
  ["1-800-flowers", "1-800-flowers"],
])("%s means %s", (user, meant) => {
  expect(subscriberOf(user)).toBe(meant);
});
