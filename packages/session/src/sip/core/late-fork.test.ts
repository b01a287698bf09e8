import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { createSipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";

it("acknowledges and ends a fork that answers after the call is over", async () => {
  const peer = createSocket("udp4");
  peer.bind(0, "127.0.0.1");
  await once(peer, "listening");
  const { port } = peer.address();
  const carrier = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${port}` },
    mediaPlane: fakeMediaPlane(),
  });
  onTestFinished(async () => {
    await carrier.close();
    peer.close();
  });

  const seen: string[] = [];
  const bothEnded = new Promise<void>((resolve) => {
    let invite = "";
    let from = 0;
    const answer = (request: string, tag: string) => {
      const kept = request.split("\r\n").filter((line) => /^(?:Via|From|Call-ID|CSeq):/.test(line));
      const to = /^To: (.*)$/m.exec(request)?.[1]?.replace(/;tag=.*/, "");
      const body = request.startsWith("INVITE") ? sdp : "";
      const lines = [
        "SIP/2.0 200 OK",
        ...kept,
        `To: ${to};tag=${tag}`,
        `Contact: <sip:127.0.0.1:${port}>`,
        ...(body ? ["Content-Type: application/sdp"] : []),
        `Content-Length: ${body.length}`,
      ];
      peer.send(`${lines.join("\r\n")}\r\n\r\n${body}`, from, "127.0.0.1");
    };
    peer.on("message", (data, remote) => {
      const request = data.toString();
      const method = request.split(" ", 1)[0] ?? "";
      const tag = /^To: .*;tag=(\w+)/m.exec(request)?.[1] ?? "";
      from = remote.port;
      seen.push(`${method} ${tag}`.trim());
      if (method === "INVITE") {
        invite = request;
        answer(request, "first");
      } else if (method === "BYE") {
        answer(request, tag);
        if (tag === "first") answer(invite, "second");
        else resolve();
      }
    });
  });

  const leg = carrier.placeCall(
    { callId: "call-1", destination: carrier.parseDestination("+12025550100") },
    {
      onSignal: (signal) => {
        if (signal.type === "answered") leg.bye();
      },
    },
  );
  await bothEnded;
  expect(seen).toEqual(["INVITE", "ACK first", "BYE first", "ACK second", "BYE second"]);
});

const sdp =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
