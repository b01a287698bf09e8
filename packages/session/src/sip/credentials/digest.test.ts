import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.js";
import { Authenticator } from "./authenticator.js";
import {
  answerChallenge,
  bestChallenges,
  digestParams,
  parseChallenge,
  splitChallenges,
  verifyAuthorization,
} from "./digest.js";

const credentials = { username: "Mufasa", password: "Circle of Life" };
const request = { method: "GET", uri: "/dir/index.html", body: "" };

/** RFC 7616 3.9.1 fixes the client's nonce. */
const fixed = { hex: () => "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", unit: () => 0 };

describe("digest", () => {
  it.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("computes the %s response of RFC 7616 3.9.1", (algorithm, response) => {
    const challenge = parseChallenge(
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    );
    if (!challenge) throw new Error("no challenge");
    const value = answerChallenge(
      challenge,
      { ...credentials, password: "Circle of Life" },
      request,
      1,
      fixed,
    );
    expect(digestParams(value)).toMatchObject({ response, nc: "00000001", qop: "auth" });
  });

  it.each([
    ["MD5", ""],
    ["MD5", 'qop="auth"'],
    ["MD5-sess", 'qop="auth"'],
    ["SHA-256", 'qop="auth-int"'],
    ["SHA-256-sess", 'qop="auth"'],
    ["SHA-512-256", 'qop="auth"'],
    ["MD5", 'qop=""'],
  ])("proves and verifies with %s %s", (algorithm, qop) => {
    const text = [`Digest realm="r"`, 'nonce="n"', `algorithm=${algorithm}`, qop]
      .filter(Boolean)
      .join(", ");
    const challenge = parseChallenge(text);
    if (!challenge) throw new Error("no challenge");
    const signed = { method: "INVITE", uri: "sip:b@h", body: "v=0" };
    const value = answerChallenge(challenge, credentials, signed, 1, seededRandom(1));
    expect(verifyAuthorization(value, challenge, credentials, signed)).toBe(true);
    expect(verifyAuthorization(value, challenge, { ...credentials, password: "no" }, signed)).toBe(
      false,
    );
    if (challenge.qop === "auth-int")
      expect(verifyAuthorization(value, challenge, credentials, { ...signed, body: "" })).toBe(
        false,
      );
  });

  it("takes the strongest challenge of each realm", () => {
    const best = bestChallenges([
      'Digest realm="a", nonce="1", algorithm=MD5',
      'Digest realm="a", nonce="2", algorithm=SHA-256',
      'Digest realm="a", nonce="3", algorithm=UNHEARD-OF',
      'Digest realm="b", nonce="4"',
      'Basic realm="c"',
    ]);
    expect(best.map(({ realm, nonce }) => realm + nonce)).toEqual(["a2", "b4"]);
  });

  it("splits challenges that share a header line", () => {
    expect(
      splitChallenges('Digest realm="a, b", nonce="1", Digest realm="c", nonce="2"').map(
        (part) => parseChallenge(part)?.realm,
      ),
    ).toEqual(["a, b", "c"]);
  });
});

describe("Authenticator", () => {
  const challenge = (realm: string, nonce: string, more = "") =>
    `Digest realm="${realm}", nonce="${nonce}"${more}`;
  const start = () => ({
    authenticator: new Authenticator(credentials, seededRandom(7)),
    state: Authenticator.begin(),
  });

  it("keeps the answer to a proxy when the callee asks too", () => {
    const { authenticator, state } = start();
    authenticator.answer(state, 407, [challenge("p", "1")], request);
    const headers = authenticator.answer(state, 401, [challenge("c", "2")], request);
    expect(Object.keys(headers ?? {})).toEqual(["proxy-authorization", "authorization"]);
  });

  it("gives up when the same password is asked for again", () => {
    const { authenticator, state } = start();
    expect(authenticator.answer(state, 407, [challenge("p", "1")], request)).toBeDefined();
    expect(authenticator.answer(state, 407, [challenge("p", "2")], request)).toBeUndefined();
  });

  it("tries again where only the nonce was stale, but not for ever", () => {
    const { authenticator, state } = start();
    authenticator.answer(state, 407, [challenge("p", "0")], request);
    const answers = Array.from({ length: 10 }, (_, at) =>
      authenticator.answer(state, 407, [challenge("p", `${at}`, ", stale=true")], request),
    );
    expect(answers[0]?.["proxy-authorization"]).toHaveLength(1);
    expect(answers.at(-1)).toBeUndefined();
  });

  it("counts the uses of a nonce", () => {
    const { authenticator } = start();
    const ask = () =>
      authenticator.answer(
        Authenticator.begin(),
        401,
        [challenge("p", "same", ', qop="auth"')],
        request,
      );
    ask();
    expect(ask()?.["authorization"]?.[0]).toContain("nc=00000002");
  });
});
