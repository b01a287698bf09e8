import { beforeEach, expect, it } from "vitest";
import type { Clock } from "../../clock.js";
import { seededRandom } from "../../random.js";
import { answerChallenge, type DigestChallenge } from "./digest.js";
import { NonceBook } from "./nonce-book.js";

const wanted = { username: "u", password: "p" };
const request = { method: "INVITE", uri: "sip:us", body: "" };
let nowMs: number;
let book: NonceBook;

beforeEach(() => {
  nowMs = 0;
  book = new NonceBook({ nowMs: () => nowMs } as Clock, seededRandom(1));
});

const answer = (challenge: DigestChallenge, uses: number, credentials = wanted) =>
  answerChallenge(challenge, credentials, request, uses, seededRandom(2));

it("takes a nonce as often as its user counts on", () => {
  const nonce = book.issue(wanted, false);
  expect(book.check([answer(nonce, 1)], wanted, request)).toBe("accepted");
  expect(book.check([answer(nonce, 2)], wanted, request)).toBe("accepted");
});

it("asks anew where the same was said before: somebody may have overheard it", () => {
  const nonce = book.issue(wanted, false);
  const said = answer(nonce, 1);
  expect(book.check([said], wanted, request)).toBe("accepted");
  expect(book.check([said], wanted, request)).toBe("stale");
});

it("knows the right password by a nonce that is long forgotten", () => {
  const old = book.issue(wanted, false);
  nowMs = 61_000;
  book.issue(wanted, false);
  expect(book.check([answer(old, 1)], wanted, request)).toBe("stale");
  const wrong = { username: "u", password: "wrong" };
  expect(book.check([answer(old, 1, wrong)], wanted, request)).toBe("refused");
});
