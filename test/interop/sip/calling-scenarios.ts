import { answerInside, answerKept, audio, fromCaller, SippScenario } from "./scenario.js";

/** What sipp does when it calls us, where no file below `scenarios/` says it. */

const offered = (name: string, extra: readonly string[] = []) =>
  new SippScenario(name)
    .send(fromCaller("INVITE", 1, { extra }), audio(), true)
    .recv(100, { optional: true });

const ringing = (scenario: SippScenario) =>
  scenario.recv(180, { optional: true }).recv(183, { optional: true });

const connected = (name: string, extra: readonly string[] = [], holding?: string) =>
  ringing(offered(name, extra))
    .recv(200, holding === undefined ? {} : { holding })
    .send(fromCaller("ACK", 1));

const inside = (method: string, cseq: number, extra: readonly string[] = []) =>
  fromCaller(method, cseq, { inside: true, extra });

const hangUp = (scenario: SippScenario, cseq: number) =>
  scenario.send(inside("BYE", cseq), undefined, true).recv(200);

/** Refused with this code, in a response that holds this. */
export const refusedWith = (status: number, holding?: string) => {
  const scenario = offered(`refused-${status}`)
    .recv(180, { optional: true })
    .recv(status, holding === undefined ? {} : { holding });
  const branch = `[branch-${scenario.next}]`;
  return scenario.send(fromCaller("ACK", 1, { branch, inside: false }).map(tagged));
};

const tagged = (line: string) => (line.startsWith("To: ") ? `${line}[peer_tag_param]` : line);

export const challenged = (status: 401 | 407) => {
  const scenario = offered(`challenged-${status}`).recv(status, { auth: true });
  const ack = fromCaller("ACK", 1, { branch: `[branch-${scenario.next}]`, inside: false });
  scenario.send(ack.map(tagged));
  const credentials = ["[authentication username=offhook password=secret]"];
  return hangUp(
    ringing(
      scenario
        .send(fromCaller("INVITE", 2, { extra: credentials }), audio(), true)
        .recv(100, { optional: true }),
    )
      .recv(200)
      .send(fromCaller("ACK", 2)),
    3,
  );
};

export const hungUpOnWith = (holding: string) =>
  connected("hung-up-on").recv("BYE", { holding }).send(answerInside("200 OK"));

const route = "sip:[local_ip]:[local_port];transport=[transport];lr;hop=1";

export const recordRouted = () =>
  connected("record-routed", [`Record-Route: <${route}>`])
    .recv("BYE", { holding: "Route: <sip:.*;lr;hop=1>" })
    .send(answerInside("200 OK"));

export const holding = () => {
  const scenario = connected("holding")
    .pause(100)
    .send(inside("INVITE", 2), audio("sendonly"), true)
    .recv(100, { optional: true })
    .recv(200, { holding: "a=(recvonly|inactive)" })
    .send(inside("ACK", 2))
    .pause(100)
    .send(inside("INVITE", 3), audio("sendrecv"), true)
    .recv(100, { optional: true })
    .recv(200, { holding: "a=sendrecv" })
    .send(inside("ACK", 3))
    .pause(100);
  return hangUp(scenario, 4);
};

export const updating = () =>
  hangUp(
    connected("updating")
      .pause(100)
      .send(inside("UPDATE", 2), audio("sendonly"), true)
      .recv(200, { holding: "a=(recvonly|inactive)" }),
    3,
  );

const timer = (refresher: "uac" | "uas") => [
  "Supported: timer",
  `Session-Expires: 90;refresher=${refresher}`,
  "Allow: INVITE, ACK, BYE, CANCEL, UPDATE",
];

export const refreshing = () =>
  hangUp(
    connected("refreshing", timer("uac"), "Session-Expires: 90;refresher=uac")
      .pause(100)
      .send(inside("UPDATE", 2, timer("uac")), undefined, true)
      .recv(200, { holding: "Session-Expires: 90;refresher=uac" }),
    3,
  );

/** We are to refresh, and do. */
export const refreshed = () =>
  hangUp(
    connected("refreshed", timer("uas"), "Session-Expires: 90;refresher=uas")
      .recv("UPDATE", { holding: "Session-Expires: 90" })
      .send(answerInside("200 OK", ["Session-Expires: 90;refresher=uac"])),
    2,
  );

/** It said that it would refresh, and does not. */
export const neverRefreshing = () =>
  connected("never-refreshing", timer("uac")).recv("BYE").send(answerInside("200 OK"));

/** Its CANCEL crosses our 200, and is too late. */
export const cancelingTooLate = () => {
  const scenario = ringing(offered("canceling-too-late")).recv(200);
  const branch = `[branch-${scenario.next}]`;
  return hangUp(
    scenario
      .send(fromCaller("CANCEL", 1, { branch, inside: false }))
      .recv(200, { holding: "CSeq: 1 CANCEL" })
      .send(fromCaller("ACK", 1))
      .pause(200),
    2,
  );
};

/** Both hang up: its BYE is out before ours is answered. */
export const byeRace = () =>
  connected("bye-race")
    .recv("BYE", {
      keep: [
        ["via", "Via"],
        ["cseq", "CSeq"],
        ["from", "From"],
        ["to", "To"],
      ],
    })
    .send(inside("BYE", 2))
    .recv(481)
    .send(
      answerKept("200 OK", "To: [$to]").map((line) =>
        line === "[last_From:]" ? "From: [$from]" : line,
      ),
    );

/** sipp takes the answer to its second BYE for a repeat of the first one's. */
export const byeRepeated = () => {
  const scenario = connected("bye-repeated").pause(100);
  const first = scenario.next;
  scenario.send(inside("BYE", 2)).recv(200).pause(300);
  const branch = `[branch-${scenario.next - first}]`;
  return scenario.send(fromCaller("BYE", 2, { inside: true, branch })).pause(300);
};
