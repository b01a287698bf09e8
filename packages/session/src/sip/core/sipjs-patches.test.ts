import { IncomingResponseMessage, NameAddrHeader, URI } from "sip.js/lib/core/index.js";
import { AllowedMethods } from "sip.js/lib/core/user-agent-core/allowed-methods.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "../../logger.js";
import { seededRandom } from "../../random.js";
import { installSipjsPatches, tieCore } from "./sipjs-patches.js";
import { createCore } from "./user-agent-core.js";

const disposers: (() => void)[] = [];
afterEach(() => {
  for (const dispose of disposers.splice(0)) dispose();
});

function core(answer?: Record<string, string[]>) {
  const sent: string[] = [];
  const random = seededRandom(1);
  const made = createCore({
    protocol: "UDP",
    host: "127.0.0.1:5060",
    userAgent: "test",
    random,
    logger: silentLogger,
    send: async (text) => void sent.push(text),
    delegate: {},
  });
  tieCore(made, {
    makeBranch: () => `z9hG4bK${random.hex(12)}`,
    answerChallenge: () => answer,
  });
  disposers.push(() => made.dispose());
  const uri = new URI("sip", "b", "127.0.0.1", 5070);
  const invite = (delegate = {}) =>
    made.invite(made.makeOutgoingRequestMessage("INVITE", uri, uri, uri, {}), delegate);
  return { core: made, sent, invite, uri };
}

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

  it("announce UPDATE", () => {
    core();
    expect(AllowedMethods).toContain("UPDATE");
    core();
    expect(AllowedMethods.filter((method) => method === "UPDATE")).toHaveLength(1);
  });

  it("look a header up without working out how its name is spelled", () => {
    const { sent, invite } = core();
    invite();
    const message = response(sent[0] ?? "", 200, { "session-expires": "90" });
    const split = vi.spyOn(String.prototype, "split");
    const found = ["session-expires", "Session-Expires", "SESSION-EXPIRES", "no-such-name"].map(
      (name) => message.getHeader(name),
    );
    const { length: splits } = split.mock.calls;
    split.mockRestore();
    expect(found).toEqual(["90", "90", "90", undefined]);
    expect(splits).toBe(1);
  });

  it("draw tags and Call-IDs from the injected randomness", () => {
    const first = core();
    first.invite();
    const second = core();
    second.invite();
    expect(first.sent[0]).toBe(second.sent[0]);
  });
});
