import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { InboundLeg } from "../../carrier.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { RawPeer, sdpOf } from "../testing/raw-peer.js";

// What goes back by another way than it came.

let carrier: SipCarrier;
let server: Server;
let heard: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  heard = "";
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on("data", (data) => {
      heard += data.toString();
    });
  });
});

afterEach(async () => {
  await carrier.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

it("the answer of a call whose connection is gone reaches its caller where that listens", async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as { port: number };
  carrier = createSipCarrier({ listen: ["tcp:127.0.0.1:0"], mediaPlane: fakeMediaPlane() });
  let leg: InboundLeg | undefined;
  carrier.receiveCalls((offer) => {
    leg = offer.accept({ onSignal() {} });
  });
  const { port } = (await carrier.ready()).addresses[0] ?? { port: 0 };
  const body = sdpOf();
  const lines = [
    `INVITE sip:us@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/TCP 127.0.0.1:${own};branch=z9hG4bKgone`,
    "From: <sip:peer@127.0.0.1>;tag=peer",
    "To: <sip:us@127.0.0.1>",
    "Call-ID: gone",
    "CSeq: 1 INVITE",
    `Contact: <sip:peer@127.0.0.1:${own};transport=tcp>`,
    "Content-Type: application/sdp",
    `Content-Length: ${body.length}`,
    "",
    body,
  ];
  const socket = connect(port, "127.0.0.1");
  socket.write(lines.join("\r\n"));
  await once(socket, "data");
  socket.destroy();
  // It learns of that only when the system says so.
  await new Promise((resolve) => setTimeout(resolve, 50));
  leg?.answer();
  await expect.poll(() => heard).toMatch(/^SIP\/2\.0 200 [\s\S]*CSeq: 1 INVITE/);
});

it("a call over UDP whose callee wants TCP goes on over TCP", async () => {
  const peer = await RawPeer.open();
  server.listen(peer.port, "127.0.0.1");
  await once(server, "listening");
  carrier = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: fakeMediaPlane() });
  const { port } = (await carrier.ready()).addresses[0] ?? { port: 0 };
  const destination = carrier.parseDestination(`sip:desk@127.0.0.1:${peer.port}`);
  carrier.placeCall({ callId: "ours", destination }, { onSignal() {} });
  peer.reply(await peer.next(/^INVITE /), "200 OK", port, {
    body: sdpOf(),
    contact: `<sip:desk@127.0.0.1:${peer.port};transport=TCP>`,
  });
  await expect.poll(() => heard).toMatch(/^ACK [\s\S]*Via: SIP\/2\.0\/TCP /);
  peer.close();
});
