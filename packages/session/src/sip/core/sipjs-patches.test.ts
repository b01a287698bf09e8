import {
  ClientTransaction,
  type IncomingInviteRequest,
  type IncomingRequestMessage,
  IncomingResponseMessage,
  NameAddrHeader,
  type Session,
  SessionDialog,
  URI,
  UserAgentClient,
} from "sip.js/lib/core/index.js";
import { AllowedMethods } from "sip.js/lib/core/user-agent-core/allowed-methods.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../logger.js";
import { seededRandom } from "../../random.js";
import { parseVia } from "../message/header-value.js";
import { headerOf, parseMessage } from "../message/parse.js";
import { toSipjsRequest, toSipjsUri } from "../message/sipjs-message.js";
import {
  admitToDialog,
  failClient,
  forgetAccepted,
  forgetAnswered,
  installSipjsPatches,
  setToTag,
  tieCore,
} from "./sipjs-patches.js";
import { createCore } from "./user-agent-core.js";

const disposers: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposers.splice(0)) dispose();
});

function core(answer?: Record<string, string[]>) {
  const sent: string[] = [];
  const origins: unknown[] = [];
  const random = seededRandom(1);
  let branches = 0;
  const offered: IncomingInviteRequest[] = [];
  const made = createCore({
    protocol: "UDP",
    host: "127.0.0.1:5060",
    userAgent: "test",
    random,
    logger: silentLogger,
    send: async (text, origin) => {
      sent.push(text);
      origins.push(origin);
    },
    delegate: { onInvite: (request) => offered.push(request) },
  });
  tieCore(made, {
    makeBranch: () => {
      branches += 1;
      return `z9hG4bK${random.hex(12)}`;
    },
    answerChallenge: () => answer,
  });
  disposers.push(() => made.dispose());
  const uri = new URI("sip", "b", "127.0.0.1", 5070);
  const invite = (delegate = {}) =>
    made.invite(made.makeOutgoingRequestMessage("INVITE", uri, uri, uri, {}), delegate);
  const receive = (method: string, cseq: number, toTag = "") => {
    const message = incoming(method, cseq, toTag);
    message.ruri = made.configuration.contact.uri;
    made.receiveIncomingRequestFromTransport(message);
  };
  return { core: made, sent, origins, invite, uri, offered, receive, branches: () => branches };
}

/** A request of a caller, in the dialog with `toTag` where there is one. */
function incoming(method: string, cseq: number, toTag = ""): IncomingRequestMessage {
  const text = `${method} sip:offhook@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK${method === "CANCEL" ? "INVITE" : method}${cseq}
From: <sip:b@127.0.0.1>;tag=far
To: <sip:a@127.0.0.1>${toTag && `;tag=${toTag}`}
Call-ID: from-far
CSeq: ${cseq} ${method}
Contact: <sip:b@127.0.0.1:5070>

`;
  const parsed = parseMessage(Buffer.from(text.replace(/\n/g, "\r\n")));
  const via = parsed.ok ? parseVia(headerOf(parsed.message, "via") ?? "") : undefined;
  const request = parsed.ok && parsed.message.kind === "request" ? parsed.message : undefined;
  const message = request && via && toSipjsRequest(request, via);
  if (message) return message;
  throw new Error("the test's own request cannot be read");
}

/** A call that came in and is up. */
function answered() {
  const made = core();
  made.receive("INVITE", 5);
  const body = {
    contentDisposition: "session",
    contentType: "application/sdp",
    content: "v=0\r\n",
  };
  const session = made.offered[0]?.accept({ statusCode: 200, body }).session as SessionDialog;
  const { localTag } = session;
  made.receive("ACK", 5, localTag);
  return { ...made, session, localTag };
}

const CHALLENGE = 'Digest realm="r", nonce="n", algorithm=SHA-256';

function response(to: string, status: number, extra: Record<string, string> = {}) {
  const message = new IncomingResponseMessage();
  message.data = "real";
  message.statusCode = status;
  message.method = "INVITE";
  const branch = /branch=([^;\s]+)/.exec(to)?.[1] ?? "";
  message.viaBranch = branch;
  message.toTag = "far";
  message.fromTag = /tag=(\w+)/.exec(to)?.[1] ?? "";
  message.callId = /Call-ID: (\S+)/.exec(to)?.[1] ?? "";
  message.cseq = 1;
  message.addHeader("via", `SIP/2.0/UDP 127.0.0.1:5060;branch=${branch}`);
  message.addHeader("to", "<sip:b@127.0.0.1>;tag=far");
  for (const [name, value] of Object.entries(extra)) message.addHeader(name, value);
  return message;
}

/** How often a header's spelling was worked out while `work` ran. */
function spellings(work: () => void): number {
  const split = vi.spyOn(String.prototype, "split");
  work();
  const { length } = split.mock.calls;
  split.mockRestore();
  return length;
}

const branchOf = (text: string | undefined) => /branch=([^;\s]+)/.exec(text ?? "")?.[1];

describe("the patches of sip.js", () => {
  it("refuse a release they were not written for", () => {
    expect(() => installSipjsPatches("0.21.3")).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
  });

  it("give every request a branch of 96 random bits", () => {
    const { sent, invite } = core();
    invite();
    invite();
    expect(branchOf(sent[0])).toMatch(/^z9hG4bK[0-9a-f]{24}$/);
    expect(branchOf(sent[1])).not.toBe(branchOf(sent[0]));
  });

  it("give the ACK of a 2xx such a branch too", () => {
    const { core: made, sent, invite, uri } = core();
    invite({ onAccept: ({ ack }: { ack: () => void }) => ack() });
    const answer = response(sent[0] ?? "", 200);
    const contact = new NameAddrHeader(uri, "", {});
    answer.headers["Contact"] = [{ raw: contact.toString(), parsed: contact }];
    made.receiveIncomingResponseFromTransport(answer);
    expect(sent[1]).toMatch(/^ACK /);
    expect(branchOf(sent[1])).toMatch(/^z9hG4bK[0-9a-f]{24}$/);
  });

  it("let CANCEL keep the branch of its INVITE", () => {
    const { core: made, sent, invite } = core();
    const request = invite();
    made.receiveIncomingResponseFromTransport(response(sent[0] ?? "", 100));
    request.cancel();
    expect(sent[1]).toMatch(/^CANCEL /);
    expect(branchOf(sent[1])).toBe(branchOf(sent[0]));
  });

  it("answer a challenge that sip.js could not even read", () => {
    const { core: made, sent, invite } = core({ "proxy-authorization": ["Digest x", "Digest y"] });
    invite();
    made.receiveIncomingResponseFromTransport(
      response(sent[0] ?? "", 407, {
        "proxy-authenticate": 'Digest realm="r", nonce="n", algorithm=MD5-sess',
      }),
    );
    const again = sent.at(-1) ?? "";
    expect(again).toMatch(/^INVITE .*CSeq: 2 INVITE/s);
    expect(again.match(/Proxy-Authorization: Digest/g)).toHaveLength(2);
  });

  it("let a challenge through as final when there is no answer", () => {
    const { core: made, sent, invite } = core();
    const rejected: number[] = [];
    invite({
      onReject: ({ message }: { message: IncomingResponseMessage }) =>
        rejected.push(message.statusCode ?? 0),
    });
    made.receiveIncomingResponseFromTransport(response(sent[0] ?? "", 401));
    expect(rejected).toEqual([401]);
  });

  it("announce UPDATE, and nothing that is refused", () => {
    core();
    core();
    expect(AllowedMethods.filter((method) => method === "UPDATE")).toHaveLength(1);
    expect(AllowedMethods).not.toContain("REGISTER");
    expect(AllowedMethods).not.toContain("SUBSCRIBE");
  });

  it("look headers up and set them without working out how their names are spelled", () => {
    const { message } = core().invite();
    const found: unknown[] = [];
    const look = () => {
      message.setHeader("session-expires", "90");
      for (const name of ["session-expires", "Session-Expires"])
        found.push(message.getHeader(name), ...message.getHeaders(name));
    };
    look();
    expect(found).toEqual(["90", "90", "90", "90"]);
    expect(message.getHeader("no-such-name")).toBeUndefined();
    expect(message.headers["Session-Expires"]).toEqual(["90"]);
    expect(spellings(look)).toBe(0);
  });

  it("tell the transport which request of ours it sends, and which of theirs it answers", () => {
    const { invite, receive, offered, origins } = core();
    const { message } = invite();
    receive("INVITE", 1);
    offered[0]?.reject({ statusCode: 486 });
    expect(origins[0]).toBe(message);
    expect(origins.at(-1)).toBe(offered[0]?.message);
  });

  it("count the bytes of a response's body without escaping each character", () => {
    const { receive, offered, sent } = core();
    const escaping = vi.spyOn(globalThis, "encodeURIComponent");
    disposers.push(() => escaping.mockRestore());
    receive("INVITE", 1);
    const body = { contentDisposition: "session", contentType: "text/plain", content: "Grüße" };
    offered[0]?.accept({ statusCode: 200, body });
    expect(sent.at(-1)).toMatch(/\r\nContent-Length: 7\r\n\r\nGrüße$/);
    expect(escaping).not.toHaveBeenCalled();
  });

  it("let go of an INVITE that was answered and acknowledged", () => {
    const { core: made, sent, invite, uri } = core();
    let session: Session | undefined;
    invite({
      onAccept: (accepted: { ack: () => void; session: Session }) => {
        accepted.ack();
        session = accepted.session;
      },
    });
    const answer = response(sent[0] ?? "", 200);
    const contact = new NameAddrHeader(uri, "", {});
    answer.headers["Contact"] = [{ raw: contact.toString(), parsed: contact }];
    made.receiveIncomingResponseFromTransport(answer);
    expect(made.userAgentClients.size).toBe(1);
    forgetAccepted(made, branchOf(sent[0]) ?? "");
    expect(made.userAgentClients.size).toBe(0);
    session?.bye();
    expect(sent.at(-1)).toMatch(/^BYE /);
  });

  it("let go of their INVITE once it was answered and acknowledged", () => {
    const { core: made, sent, session } = answered();
    expect(made.userAgentServers.size).toBe(1);
    forgetAnswered(session);
    expect(made.userAgentServers.size).toBe(0);
    session.bye();
    expect(sent.at(-1)).toMatch(/^BYE /);
  });

  it("take effect once, however many cores there are", () => {
    core();
    const patched = [
      [UserAgentClient.prototype, "authenticationGuard"],
      [SessionDialog.prototype, "startReInvite2xxRetransmissionTimer"],
      [ClientTransaction, "makeId"],
    ] as const;
    const methods = () => patched.map(([owner, name]) => Reflect.get(owner, name));
    const before = methods();
    core();
    expect(methods()).toEqual(before);
    for (const [at, method] of methods().entries()) expect(method).toBe(before[at]);
  });

  it("keep neither transaction nor SDP of a dialog that stands", () => {
    const { session } = answered();
    expect(Reflect.get(session, "initialTransaction")).toBeDefined();
    forgetAnswered(session);
    for (const name of ["initialTransaction", "_offer", "_answer"])
      expect(Reflect.get(session, name)).toBeUndefined();
  });

  it("raise the CSeq of the dialog with each answer to a challenge inside it", () => {
    const { core: made, sent, session } = answered();
    tieCore(made, {
      makeBranch: () => `z9hG4bK${sent.length}`,
      answerChallenge: () => ({ authorization: ["Digest x"] }),
    });
    const cseqOf = (text: string | undefined) => Number(/^CSeq: (\d+)/m.exec(text ?? "")?.[1]);
    session.info();
    const first = sent.at(-1) ?? "";
    const challenge = response(first, 401, { "www-authenticate": CHALLENGE });
    challenge.method = "INFO";
    challenge.cseq = cseqOf(first);
    made.receiveIncomingResponseFromTransport(challenge);
    const second = sent.at(-1) ?? "";
    expect(second).toMatch(/^INFO .*Authorization: Digest x/s);
    expect(cseqOf(second)).toBe(cseqOf(first) + 1);
    session.info();
    expect(cseqOf(sent.at(-1))).toBe(cseqOf(first) + 2);
  });

  it("fail a request whose transport failed, as if by a 503 that nobody sent", () => {
    const { invite } = core();
    const rejected: IncomingResponseMessage[] = [];
    const client = invite({
      onReject: ({ message }: { message: IncomingResponseMessage }) => rejected.push(message),
    });
    failClient(client as unknown as Parameters<typeof failClient>[0], "ECONNREFUSED");
    expect(rejected.map(({ statusCode, data }) => [statusCode, data])).toEqual([[503, undefined]]);
  });

  it("give the responses of a call the tag that was drawn for it", () => {
    const { sent, offered, receive } = core();
    receive("INVITE", 1);
    const [request] = offered;
    setToTag(request as unknown as Parameters<typeof setToTag>[0], "drawn");
    receive("CANCEL", 1);
    expect(sent.at(-1)).toMatch(/^SIP\/2\.0 200 .*;tag=drawn\r$/ms);
    request?.reject({ statusCode: 486 });
    expect(sent.at(-1)).toMatch(/^SIP\/2\.0 486 .*^To: <sip:a@127\.0\.0\.1>;tag=drawn\r$/ms);
  });

  it("take UPDATE into the order of its dialog, and nothing from before it afterwards", () => {
    const { sent, receive, session, localTag } = answered();
    expect(admitToDialog(session, incoming("UPDATE", 4, localTag))).toBe(false);
    expect(sent.at(-1)).toMatch(/^SIP\/2\.0 500 .*CSeq: 4 UPDATE/s);
    expect(admitToDialog(session, incoming("UPDATE", 9, localTag))).toBe(true);
    receive("INFO", 7, localTag);
    expect(sent.at(-1)).toMatch(/^SIP\/2\.0 500 .*CSeq: 7 INFO/s);
  });

  /** A peer that changes the call with each CSeq in turn, and is answered. */
  function reinvited(cseqs: readonly number[]) {
    vi.useFakeTimers();
    disposers.push(() => vi.useRealTimers());
    const made = answered();
    const lost: string[] = [];
    made.session.delegate = {
      onInvite: (request) => void request.accept({ statusCode: 200 }),
      onAckTimeout: () => void lost.push("no ACK"),
    };
    for (const [index, cseq] of cseqs.entries()) {
      if (index > 0) made.receive("ACK", cseqs[index - 1] ?? 0, made.localTag);
      made.receive("INVITE", cseq, made.localTag);
    }
    return { ...made, lost };
  }

  it("let go of a re-INVITE's timer when the next one follows, and with the dialog", () => {
    const { core: made, session } = reinvited([6, 7, 8]);
    session.dispose();
    made.dispose();
    vi.advanceTimersByTime(60_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tell of a re-INVITE whose ACK never comes, and take the next one all the same", () => {
    const { sent, receive, localTag, lost } = reinvited([6]);
    vi.advanceTimersByTime(40_000);
    expect(lost).toEqual(["no ACK"]);
    receive("INVITE", 7, localTag);
    expect(sent.at(-1)).toMatch(/^SIP\/2\.0 200 .*CSeq: 7 INVITE/s);
  });

  it("keep live transactions, without a new request being compared with each", () => {
    const { core: made, receive } = core();
    receive("INVITE", 1);
    expect(made.userAgentServers.size).toBe(1);
    expect([...made.userAgentServers.values()]).toEqual([]);
  });

  it("draw tags and Call-IDs from the injected randomness", () => {
    const first = core();
    first.invite();
    const second = core();
    second.invite();
    expect(first.sent[0]).toBe(second.sent[0]);
    for (const made of [first, second]) made.receive("FOO", 1);
    expect(first.sent[1]).toMatch(/^SIP\/2\.0 405/);
    expect(first.sent[1]).toBe(second.sent[1]);
  });
});

describe("a URI of ours", () => {
  it("keeps its parts once, and says the same as sip.js's own", () => {
    const text = "sip:bob@192.0.2.1:5070;transport=tcp";
    const ours = toSipjsUri(text);
    const theirs = new URI("sip", "bob", "192.0.2.1", 5070, { transport: "tcp" });
    const parts = ours as unknown as { raw: object; normal: object; headers: object };
    expect(parts.raw).toBe(parts.normal);
    expect(parts.headers).toBe((toSipjsUri("sip:a@b") as unknown as typeof parts).headers);
    const read = (uri: URI | undefined) =>
      [uri?.scheme, uri?.user, uri?.host, uri?.port, uri?.getParam("transport"), uri?.aor] as const;
    expect(read(ours)).toEqual(read(theirs));
    expect(ours?.toString()).toBe(theirs.toString());
  });
});
