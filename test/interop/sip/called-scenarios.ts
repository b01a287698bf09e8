import { answerInside, answerKept, answerTo, audio, fromCallee, SippScenario } from "./scenario.js";

/** What sipp does when we call it, where no file below `scenarios/` says it. */

const keepAll = [
  ["caller", "From"],
  ["via", "Via"],
  ["cseq", "CSeq"],
] as const;

const answered = (name: string, extra: readonly string[] = []) =>
  new SippScenario(name)
    .recv("INVITE", { keep: keepAll })
    .send(answerTo("180 Ringing"))
    .send(answerTo("200 OK", extra), audio(), true)
    .recv("ACK");

const ended = (scenario: SippScenario) => scenario.recv("BYE").send(answerInside("200 OK"));

const timer = (refresher: "uac" | "uas", update: boolean) => [
  "Require: timer",
  `Session-Expires: 90;refresher=${refresher}`,
  `Allow: INVITE, ACK, BYE, CANCEL${update ? ", UPDATE" : ""}`,
];

export const ringThenUnavailable = () =>
  new SippScenario("ring-then-unavailable")
    .recv("INVITE")
    .send(answerTo("180 Ringing"))
    .pause(100)
    .send(answerTo("480 Temporarily Unavailable"), undefined, true)
    .recv("ACK");

/** Both hang up: its BYE is out before ours is answered. */
export const byeRace = () =>
  answered("bye-race")
    .recv("BYE", { keep: keepAll.slice(1) })
    .send(fromCallee("BYE", 1))
    .recv(481)
    .send(answerKept("200 OK", "[last_From:]").map(swapped));

/** The last message was a response to sipp: what it calls From is whom we call To. */
const swapped = (line: string, at: number) =>
  at === 2
    ? "From: [$caller]"
    : at === 3
      ? "To: <sip:sipp@[local_ip]:[local_port]>;tag=far[call_number]"
      : line;

/** sipp takes the answer to its second BYE for a repeat of the first one's. */
export const byeRepeated = () => {
  const scenario = answered("bye-repeated").pause(100);
  const first = scenario.next;
  scenario.send(fromCallee("BYE", 1)).recv(200).pause(300);
  return scenario.send(fromCallee("BYE", 1, `[branch-${scenario.next - first}]`)).pause(300);
};

/** Our ACK was lost, it thinks; sipp takes the second one for a repeat of the first. */
export const answerRepeated = () =>
  ended(answered("answer-repeated").pause(200).send(answerKept("200 OK"), audio()));

export const refreshedByUpdate = () =>
  ended(
    answered("refreshed-by-update", timer("uac", true))
      .recv("UPDATE", { holding: "Session-Expires: 90;refresher=uac" })
      .send(answerInside("200 OK", timer("uac", true))),
  );

export const refreshedByReinvite = () =>
  ended(
    answered("refreshed-by-reinvite", timer("uac", false))
      .recv("INVITE", { holding: "Session-Expires: 90;refresher=uac" })
      .send(answerInside("200 OK", timer("uac", false)), audio(), true)
      .recv("ACK"),
  );

/** It said that it would refresh, and does not. */
export const neverRefreshed = () => ended(answered("never-refreshed", timer("uas", true)));

export const challengedWithSha256 = () =>
  ended(
    new SippScenario("challenge-sha-256")
      .recv("INVITE")
      .send(
        answerTo("407 Proxy Authentication Required", [
          'Proxy-Authenticate: Digest realm="r", nonce="n1", algorithm=MD5, qop="auth"',
          'Proxy-Authenticate: Digest realm="r", nonce="n2", algorithm=SHA-256, qop="auth"',
        ]),
        undefined,
        true,
      )
      .recv("ACK")
      .recv("INVITE", {
        holding: 'Proxy-Authorization: Digest .*nonce="n2".*[^0-9a-f][0-9a-f]{64}"',
      })
      .send(answerTo("200 OK"), audio(), true)
      .recv("ACK"),
  );
