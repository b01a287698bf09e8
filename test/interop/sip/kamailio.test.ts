import { createSipCarrier, type SipCarrier } from "@offhook/session";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  testAuthority,
  testCertificate,
  testKey,
} from "../../../packages/session/src/sip/testing/certificates.js";
import { silentMediaPlane } from "../../bench/silent-media-plane.js";
import { upper } from "../matrix.js";
import { endedBecause, matrixRow } from "../matrix-row.js";
import { type Kamailio, startKamailio } from "./kamailio.js";
import { recordLeg } from "./leg-recorder.js";

type Transport = "udp" | "tcp" | "tls" | "ws" | "wss";

describe.each([
  ["MD5", false],
  ["SHA-256", true],
] as const)("Kamailio as registrar and proxy, asking with %s", (algorithm, sha256) => {
  const options = { sha256, certificate: testCertificate, key: testKey };
  let kamailio: Kamailio;
  const carriers: SipCarrier[] = [];

  beforeAll(async () => {
    kamailio = await startKamailio(options);
  });
  afterEach(async () => {
    await Promise.all(carriers.splice(0).map((carrier) => carrier.close()));
  });
  afterAll(() => kamailio.stop());

  const account = (username: string, transport: Transport, password = "secret") => {
    const carrier = createSipCarrier({
      trunk: {
        uri: `sip:127.0.0.1:${/^(?:tls|wss)$/.test(transport) ? kamailio.tlsPort : kamailio.port}`,
        transport,
        username,
        password,
        register: { expiresSeconds: 10 },
      },
      tls: { ca: testAuthority },
      mediaPlane: silentMediaPlane(),
    });
    carriers.push(carrier);
    return carrier;
  };

  it.each(["udp", "tcp", "tls", "ws", "wss"] as const)(
    "over %s: registers both, calls through, and hangs up from either side",
    async (transport) => {
      matrixRow({
        case: `registrar and proxy, ${algorithm}, Record-Route`,
        peer: "Kamailio",
        transport: upper(transport),
        role: "both",
      });
      const alice = account("alice", transport);
      const bob = account("bob", transport);
      await Promise.all([alice.registration?.registered(), bob.registration?.registered()]);
      // 10 s are too brief for this registrar: 423 led to 20.
      expect(bob.registration?.state).toMatchObject({ status: "registered", expiresSeconds: 20 });

      for (const who of ["caller", "callee"] as const) {
        const far = recordLeg();
        const stop = bob.receiveCalls((offer) => {
          expect(offer.to).toBe("bob");
          const leg = offer.accept(far);
          leg.ring();
          leg.answer();
          if (who === "callee") void far.until("answered").then(() => leg.bye());
        });
        const near = recordLeg();
        const leg = near.watch(
          alice.placeCall({ callId: "k", destination: alice.parseDestination("bob") }, near),
          "outbound",
        );
        expect((await near.until("answered")).answer.usableMedia).toBe(true);
        if (who === "caller") leg.bye();
        expect(await (who === "caller" ? far : near).until("far_side_ended")).toMatchObject({
          request: "BYE",
        });
        endedBecause(near.endReason());
        stop();
      }
    },
  );

  it.each(["tcp", "tls", "ws"] as const)(
    "over %s: is found again after it was away, and sends calls as before",
    async (transport) => {
      const bob = account("bob", transport);
      await bob.registration?.registered();
      await kamailio.stop();
      await expect.poll(() => bob.registration?.state.status).not.toBe("registered");
      kamailio = await startKamailio({ ...options, before: kamailio });
      await expect
        .poll(() => bob.registration?.state.status, { timeout: 15_000 })
        .toBe("registered");
      const far = recordLeg();
      bob.receiveCalls((offer) => offer.accept(far).answer());
      const alice = account("alice", "udp");
      const near = recordLeg();
      const leg = alice.placeCall(
        { callId: "k", destination: alice.parseDestination("bob") },
        near,
      );
      await near.until("answered");
      leg.bye();
      await far.until("far_side_ended");
    },
    30_000,
  );

  it("refuses a wrong password", async () => {
    const eve = account("alice", "udp", "wrong");
    await expect(eve.registration?.registered()).rejects.toThrow(/401/);
  });

  it("withdraws a call that rings", async () => {
    const alice = account("alice", "udp");
    const bob = account("bob", "udp");
    await bob.registration?.registered();
    const far = recordLeg();
    bob.receiveCalls((offer) => offer.accept(far).ring());
    const near = recordLeg();
    const leg = alice.placeCall({ callId: "k", destination: alice.parseDestination("bob") }, near);
    await near.until("provisional", 2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    leg.cancel();
    expect((await near.until("rejected")).response.status).toBe(487);
    expect(await far.until("far_side_ended")).toMatchObject({ request: "CANCEL" });
  });

  it("knows no such user", async () => {
    const alice = account("alice", "udp");
    const near = recordLeg();
    alice.placeCall({ callId: "k", destination: alice.parseDestination("nobody") }, near);
    expect((await near.until("rejected")).response.status).toBe(404);
  });
});
