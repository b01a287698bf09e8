import { afterEach, describe, expect, it } from "vitest";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";

const open: SipCarrier[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((carrier) => carrier.close()));
});

/** Calls a carrier that wants credentials; resolves with the status of the final response. */
async function call(given: {
  username?: string;
  password?: string;
}): Promise<{ status: number; offers: number }> {
  let offers = 0;
  const callee = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    inbound: { credentials: { username: "u", password: "right", algorithm: "SHA-256" } },
    mediaPlane: fakeMediaPlane(),
  });
  callee.receiveCalls((offer) => {
    offers += 1;
    offer.accept({ onSignal() {} }).answer();
  });
  const [address] = (await callee.ready()).addresses;
  const caller = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${address?.port}`, ...given },
    mediaPlane: fakeMediaPlane(),
  });
  open.push(callee, caller);
  const destination = caller.parseDestination("+12025550100");
  const status = await new Promise<number>((resolve) => {
    caller.placeCall(
      { callId: "call-1", destination },
      {
        onSignal(signal) {
          if (signal.type === "answered") resolve(signal.answer.status);
          if (signal.type === "rejected") resolve(signal.response.status);
        },
      },
    );
  });
  return { status, offers };
}

describe("a carrier that wants credentials of its callers", () => {
  it("offers a call whose caller has them", async () => {
    expect(await call({ username: "u", password: "right" })).toEqual({ status: 200, offers: 1 });
  });

  it("asks again, and says no more, where the password is wrong", async () => {
    expect(await call({ username: "u", password: "wrong" })).toEqual({ status: 401, offers: 0 });
  });

  it("offers nothing of a caller without any", async () => {
    expect(await call({})).toEqual({ status: 401, offers: 0 });
  });

  it("refuses an empty password in the options", () => {
    expect(() =>
      createSipCarrier({ inbound: { credentials: { username: "u", password: "" } } }),
    ).toThrow(/inbound\.credentials\.password/);
  });
});
