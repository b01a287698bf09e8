import { once } from "node:events";
import { connect } from "node:net";
import { createSipCarrier, type LegSignal } from "@offhook/session";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentMediaPlane } from "../../bench/silent-media-plane.js";
import { matrixRow } from "../../interop/matrix-row.js";
import { recordLeg } from "../../interop/sip/leg-recorder.js";
import { DatagramPeer } from "./datagram-peer.js";
import { consent, type Endpoint, field, inDialog, openEndpoint, ping } from "./endpoint.js";
import type { TortureMessage } from "./message.js";
import { invalidMessages } from "./rfc4475-invalid.js";
import { semanticMessages } from "./rfc4475-semantics.js";
import { validMessages } from "./rfc4475-valid.js";
import { ipv6Messages, mendedIpv6Messages } from "./rfc5118.js";

const rfc4475 = [...validMessages, ...invalidMessages, ...semanticMessages];
const named = (messages: readonly TortureMessage[]) =>
  messages.map((message) => [`${message.section}: ${message.name}`, message] as const);

const uncaught: unknown[] = [];
const keep = (error: unknown) => uncaught.push(error);
let peer: DatagramPeer;
let endpoint: Endpoint;

beforeEach(async () => {
  uncaught.length = 0;
  process.on("uncaughtException", keep);
  process.on("unhandledRejection", keep);
  peer = await DatagramPeer.open();
  endpoint = await openEndpoint(peer.address);
});

afterEach(async () => {
  const { complaints } = endpoint;
  await endpoint.carrier.close();
  await peer.close();
  process.off("uncaughtException", keep);
  process.off("unhandledRejection", keep);
  expect(uncaught).toEqual([]);
  expect(complaints).toEqual([]);
});

const statusOf = (text: string) => Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
const finals = (texts: readonly string[]) =>
  texts
    .filter((text) => statusOf(text) >= 200 && !field(text, "Call-ID").startsWith("alive-"))
    .map(statusOf);
const poll = <T>(look: () => T) => expect.poll(look, { interval: 5, timeout: 5_000 });
const types = (signals: readonly LegSignal[]) => signals.map(({ type }) => type);

/** Still answers an ordinary question, and by then has answered whatever came before. */
async function expectAlive(): Promise<void> {
  peer.send(ping("after"), endpoint.udpPort);
  await peer.until((text) => field(text, "Call-ID") === "alive-after", "answer to OPTIONS");
}

it("has every message of both RFCs", () => {
  expect(rfc4475).toHaveLength(49);
  expect(ipv6Messages).toHaveLength(12);
  expect(new Set([...rfc4475, ...ipv6Messages].map(({ name }) => name)).size).toBe(61);
});

describe.each([
  ["RFC 4475", rfc4475],
  ["RFC 5118", [...ipv6Messages, ...mendedIpv6Messages]],
] as const)("%s in a datagram", (rfc, messages) => {
  it.each(named(messages))("%s", async (_name, { bytes, expected }) => {
    matrixRow({ case: rfc, peer: "by hand", transport: "UDP", role: "we are asked" });
    peer.send(bytes, endpoint.udpPort);
    if (expected === "answered") {
      const isAnswer = (text: string) => statusOf(text) === 200;
      const answer = await peer.until(isAnswer, "200 to INVITE");
      peer.send(inDialog(answer, "ACK"), endpoint.udpPort);
      peer.send(inDialog(answer, "BYE"), endpoint.udpPort);
      await poll(() => types(endpoint.signals)).toEqual(["answered", "far_side_ended"]);
    }
    await expectAlive();
    const wanted = expected === "answered" ? 200 : expected;
    expect([...new Set(finals(peer.received))]).toEqual(wanted === "ignored" ? [] : [wanted]);
  });
});

describe.each([
  ["RFC 4475", rfc4475],
  ["RFC 5118", [...ipv6Messages, ...mendedIpv6Messages]],
] as const)("%s on a stream", (rfc, messages) => {
  it.each(named(messages))("%s", async (_name, message) => {
    matrixRow({ case: rfc, peer: "by hand", transport: "TCP", role: "we are asked" });
    const { bytes, expected, stream = expected } = message;
    const socket = connect(endpoint.tcpPort, "127.0.0.1");
    await once(socket, "connect");
    let text = "";
    let closed = false;
    socket.on("data", (data) => {
      text += data.toString("latin1");
    });
    socket.once("close", () => {
      closed = true;
    });
    const responses = () => text.split(/(?=^SIP\/2\.0 \d{3} )/m);
    socket.write(bytes);
    if (stream === "answered") {
      await poll(() => finals(responses())).toEqual([200]);
      const answer = responses().find((response) => statusOf(response) === 200) ?? "";
      socket.write(inDialog(answer, "ACK"));
      socket.write(inDialog(answer, "BYE"));
      await poll(() => types(endpoint.signals)).toEqual(["answered", "far_side_ended"]);
    } else if (stream === "closed") {
      await poll(() => closed).toBe(true);
      if (typeof expected === "number") expect(finals(responses())).toEqual([expected]);
    } else if (stream === "ignored") {
      await expectAlive();
      expect(finals(responses())).toEqual([]);
    } else {
      const wanted = typeof stream === "number" ? [stream] : stream;
      await poll(() => finals(responses())).toEqual(wanted);
    }
    await expectAlive();
    socket.destroy();
  });
});

describe("RFC 4475 in response to our INVITE", () => {
  /** Calls the peer, who answers with this message, made to fit the call. */
  async function respondWith(name: string) {
    const carrier = createSipCarrier({
      trunk: { uri: `sip:${peer.address}:5060` },
      mediaPlane: silentMediaPlane(),
    });
    const heard = recordLeg();
    const destination = carrier.parseDestination("+12025550100");
    const leg = carrier.placeCall({ callId: name, destination }, heard);
    const invite = await peer.until((text) => text.startsWith("INVITE"), "INVITE");
    const port = Number(/^Via: .*?:(\d+)/m.exec(invite)?.[1]);
    const message = rfc4475.find((candidate) => candidate.name === name);
    let first = true;
    const fitted = (message?.bytes.toString("latin1") ?? "")
      .replace(/^Via: .*$/gm, (line) => {
        if (!first) return line;
        first = false;
        return `Via: ${field(invite, "Via")}`;
      })
      .replace(/^From: .*$/m, `From: ${field(invite, "From")}`)
      .replace(/^To: .*$/m, `To: ${field(invite, "To")};tag=torture`)
      .replace(/^Call-ID: .*$/m, `Call-ID: ${field(invite, "Call-ID")}`)
      .replace(/^CSeq: .*$/m, `CSeq: ${field(invite, "CSeq")}`)
      .replace(/^Contact: .*$/m, `Contact: <sip:callee@${peer.address}>`);
    peer.send(fitted, port);
    const finish = async () => {
      const closing = carrier.close();
      const ended = (text: string) => /^(?:BYE|CANCEL)/.test(text);
      const last = await peer.until(ended, "BYE or CANCEL");
      peer.send(consent(last), port);
      if (last.startsWith("CANCEL"))
        peer.send(
          consent(invite)
            .replace("200 OK", "487 Request Terminated")
            .replace(/^To: .*$/m, "$&;tag=x"),
          port,
        );
      await closing;
    };
    return { carrier, leg, heard, port, finish };
  }

  it("3.1.1.12: any phrase is a phrase", async () => {
    const { heard, finish } = await respondWith("unreason");
    expect((await heard.until("answered")).answer).toMatchObject({
      status: 200,
      phrase: "= 2**3 * 5**2 но сто девяносто девять - простое",
    });
    await finish();
  });

  it("3.1.1.13: no phrase is one too", async () => {
    const { heard, finish } = await respondWith("noreason");
    expect((await heard.until("provisional")).response).toMatchObject({ status: 100, phrase: "" });
    await finish();
  });

  it("3.1.2.5: an overlarge Retry-After is not believed", async () => {
    const { heard, carrier } = await respondWith("scalarlg");
    const { response } = await heard.until("rejected");
    expect(response.status).toBe(503);
    expect(response.retryAfter).toBeUndefined();
    await carrier.close();
  });

  it.each(["bigcode", "bcast"])("%s leaves the call as it was", async (name) => {
    const { heard, port, finish } = await respondWith(name);
    const invite = await peer.until((text) => text.startsWith("INVITE"), "INVITE");
    peer.send(
      consent(invite)
        .replace("200 OK", "180 Ringing")
        .replace(/^To: .*$/m, "$&;tag=x"),
      port,
    );
    expect((await heard.until("provisional")).response.status).toBe(180);
    expect(types(heard.signals)).toEqual(["dialing", "provisional"]);
    await finish();
  });
});
