import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import tls from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { createSipCarrier, type SipCarrier, type SipCarrierOptions } from "../sip-carrier.js";
import { testAuthority, testCertificate, testKey } from "../testing/certificates.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { clientOptions, PeerNames } from "./secure.js";

const ours = { cert: testCertificate, key: testKey };
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function open(options: SipCarrierOptions): SipCarrier {
  const carrier = createSipCarrier({ mediaPlane: fakeMediaPlane(), ...options });
  closing.push(() => carrier.close());
  return carrier;
}

const portOf = (server: { address(): unknown }) => (server.address() as { port: number }).port;

/** Shakes hands and says nothing more; resolves with the name that it was called by. */
async function namedBy(ask: (port: number) => SipCarrier): Promise<string | false | undefined> {
  const server = tls.createServer(ours);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  const asked = once(server, "secureConnection") as Promise<[tls.TLSSocket]>;
  const carrier = ask(portOf(server));
  void carrier.ping({ withinMs: 500 });
  const [socket] = await asked;
  return (socket as tls.TLSSocket & { servername?: string | false }).servername;
}

describe("the trunk's name", () => {
  it.each([
    ["that only calls", []],
    ["that listens as well", ["tls:127.0.0.1:0"]],
  ])("is asked for and checked by a carrier %s", async (_kind, listen) => {
    const named = await namedBy((port) =>
      open({
        listen,
        trunk: { uri: `sips:localhost:${port}` },
        tls: { ca: testAuthority, ...ours },
      }),
    );
    expect(named).toBe("localhost");
  });

  it("is what an address of it, known from a Contact, may show; or that address", () => {
    const names = new PeerNames({}, "trunk.example.com");
    const { servername, checkServerIdentity: check } = names.of({
      address: "192.0.2.1",
      port: 5061,
    });
    expect(servername).toBe("trunk.example.com");
    const showing = (subjectaltname: string) =>
      check?.("", { subject: {}, subjectaltname } as unknown as tls.PeerCertificate);
    expect(showing("DNS:trunk.example.com")).toBeUndefined();
    expect(showing("IP Address:192.0.2.1")).toBeUndefined();
    expect(showing("DNS:other.example.com")).toBeInstanceOf(Error);
  });

  it("gives way to the one that a peer was found by, also when it is called back", () => {
    const names = new PeerNames({}, "trunk.example.com");
    const peer = { address: "192.0.2.2", port: 5061 };
    expect(names.of({ ...peer, name: "other.example.com" })).toEqual({
      servername: "other.example.com",
    });
    expect(names.of(peer)).toEqual({ servername: "other.example.com" });
  });
});

it("an authority of our own counts besides those of the system", () => {
  const { ca } = clientOptions({ ca: testAuthority });
  expect(ca).toContain(testAuthority);
  expect(ca).toContain(tls.rootCertificates[0]);
});

it("a WebSocket is asked for by the path and the name in the trunk's URI", async () => {
  const server = createServer(ours);
  const sockets = new WebSocketServer({ server });
  const asked = new Promise<IncomingMessage>((resolve) =>
    sockets.on("connection", (socket, request) => {
      socket.close();
      resolve(request);
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  const uri = `wss://localhost:${portOf(server)}/ws?tenant=1`;
  void open({ trunk: { uri }, tls: { ca: testAuthority } }).ping({ withinMs: 500 });
  const request = await asked;
  expect(request.url).toBe("/ws?tenant=1");
  expect(request.headers.host).toBe(`localhost:${portOf(server)}`);
});

describe.each(["tls", "wss"] as const)("a carrier that wants certificates over %s", (transport) => {
  const ping = async (shown: { cert?: string; key?: string }) => {
    const callee = open({
      listen: [`${transport}:127.0.0.1:0`],
      tls: { ...ours, ca: testAuthority, requestCert: true },
    });
    const [address] = (await callee.ready()).addresses;
    const trunk = { uri: `sip:127.0.0.1:${address?.port}`, transport };
    const caller = open({ trunk, tls: { ca: testAuthority, ...shown } });
    return caller.ping({ withinMs: 2_000 });
  };

  it("answers who has one", async () => {
    expect(await ping(ours)).toMatchObject({ status: 200 });
  });

  it("takes no word from who has none", async () => {
    expect((await ping({})).status).toBeUndefined();
  });
});

it("both IP versions may be listened to on one port, over a stream as well", async () => {
  const first = open({ listen: ["tcp:0.0.0.0:0"] });
  const [address] = (await first.ready()).addresses;
  const second = open({ listen: [`tcp:[::]:${address?.port}`] });
  await expect(second.ready()).resolves.toBeDefined();
});
