import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../logger.js";
import { createMediaPlane } from "../media/create-media-plane.js";
import { channelOf, readWav } from "../media/recording/wav.js";
import { createSipCarrier } from "../sip/sip-carrier.js";
import { type CarrierUnderTest, describeCarrier } from "./contract.js";
import { audibleStretches } from "./heard-audio.js";
import { type LoopbackCarrier, startLoopbackCarrier } from "./loopback-carrier.js";
import { numberTable } from "./numbers.js";
import { say } from "./stand-in-agent.js";

const numbers = numberTable({ ringMs: 100, voicemailRingMs: 500 });
const profile = { voicemailRing: { minMs: 300 } };

const REAL_TIME = "takes many seconds of real time; the demo calls it";
const except = {
  "+12025550100": REAL_TIME,
  "+12025550101": REAL_TIME,
  "+12025550107": REAL_TIME,
  "+12025550112": REAL_TIME,
  "+12025550113": REAL_TIME,
  "+12025550115": REAL_TIME,
  "+12025550119": REAL_TIME,
};

const SAME_AS_UDP = "waits for what does not depend on the transport; called over UDP";
const exceptOverTcp = {
  ...except,
  "+12025550103": SAME_AS_UDP,
  "+12025550111": SAME_AS_UDP,
  "+12025550117": SAME_AS_UDP,
};

let loopback: LoopbackCarrier;
beforeAll(async () => {
  loopback = await startLoopbackCarrier({ numbers });
});
afterAll(async () => {
  expect(loopback.openCalls).toBe(0);
  await loopback.close();
});

for (const transport of ["udp", "tcp"] as const) {
  const open = async (): Promise<CarrierUnderTest> => {
    const protocol = transport.toUpperCase();
    const address = loopback.addresses.find((bound) => bound.protocol === protocol);
    const carrier = createSipCarrier({
      trunk: {
        uri: `sip:127.0.0.1:${address?.port}`,
        transport,
        ...loopback.credentials,
        profile,
      },
      mediaPlane: createMediaPlane(),
    });
    return {
      carrier,
      waitFor: (work) => work,
      heard: (number) => loopback.heard(number),
      close: () => carrier.close(),
    };
  };
  describeCarrier(
    { describe, it: it.concurrent },
    {
      name: `loopback carrier over ${transport} and RTP`,
      numbers,
      except: transport === "udp" ? except : exceptOverTcp,
      limits: { ringMs: 1_500, noResponseMs: 1_500 },
      open,
    },
  );
}

describe("loopback carrier", () => {
  it("names the address to dial, and the numbers that answer", () => {
    expect(loopback.uri).toMatch(/^sip:127\.0\.0\.1:\d+$/);
    expect(loopback.numbers).toBe(numbers);
    expect(() => loopback.heard("+12025550199")).toThrow(/Nobody called/);
  });

  it("calls us, and hears what we say", async () => {
    const us = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: createMediaPlane() });
    try {
      const offered: string[] = [];
      us.receiveCalls((offer) => {
        offered.push(offer.from, offer.to, offer.headers["x-campaign"] ?? "");
        const leg = offer.accept({
          onSignal({ type }) {
            if (type === "answered") void say(leg.media, "hello");
          },
        });
        leg.ring();
        leg.answer();
      });
      const { addresses } = await us.ready();
      const call = loopback.callIn({
        from: "+12025550142",
        to: `sip:+12025550111@127.0.0.1:${addresses[0]?.port}`,
        headers: { "X-Campaign": "spring" },
        caller: (caller) => caller.hearOut({ quietMs: 200, timeoutMs: 3_000 }).hangUp(),
      });
      const { status, endedBy, provisional, heard } = await call.ended;
      expect(offered).toEqual(["+12025550142", "+12025550111", "spring"]);
      expect({ status, endedBy, provisional }).toEqual({
        status: 200,
        endedBy: "caller",
        provisional: [180],
      });
      expect(heard.audibleMs).toBeGreaterThan(300);
    } finally {
      await us.close();
    }
  });

  it("withdraws a call that we let ring, and takes our refusal", async () => {
    const us = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: createMediaPlane() });
    try {
      const { addresses } = await us.ready();
      const to = `sip:agent@127.0.0.1:${addresses[0]?.port}`;
      const stop = us.receiveCalls((offer) => offer.accept({ onSignal() {} }).ring());
      const from = "+12025550142";
      const impatient = loopback.callIn({
        from,
        to,
        caller: (caller) => caller.waitForAnswer({ giveUpAfterMs: 300 }),
      });
      expect(await impatient.ended).toMatchObject({ status: 487, endedBy: "caller" });
      stop();
      us.receiveCalls((offer) => offer.refuse(486));
      const refused = loopback.callIn({ from, to, caller: (caller) => caller.stayOn() });
      expect(await refused.ended).toMatchObject({ status: 486, endedBy: "us" });
    } finally {
      await us.close();
    }
  });

  it("ends a call whose scenario it cannot play, and says why", async () => {
    const logged: unknown[] = [];
    const logger = { ...silentLogger, error: (fields: object) => void logged.push(fields) };
    const muted = await startLoopbackCarrier({
      listen: ["udp:127.0.0.1:0"],
      logger,
      numbers: [
        {
          number: "+12025550190",
          callee: "sends nothing",
          expected: "USER_HUNG_UP_IN_CALL",
          script: (callee) => callee.answer().mute(),
        },
      ],
    });
    try {
      const call = loopback.callIn({
        from: "+12025550142",
        to: `sip:+12025550190@${muted.uri.slice(4)}`,
        caller: (caller) => caller.stayOn(),
      });
      expect(await call.ended).toMatchObject({ status: 200, endedBy: "us" });
      expect(logged).toMatchObject([{ error: { code: "UNSUPPORTED" } }]);
    } finally {
      await muted.close();
    }
  });

  it("refuses an address it cannot listen on", async () => {
    await expect(startLoopbackCarrier({ listen: ["smoke:signals"] })).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
    const taken = loopback.addresses.find(({ protocol }) => protocol === "TCP");
    const listen = [`tcp:127.0.0.1:${taken?.port}`];
    await expect(startLoopbackCarrier({ listen })).rejects.toMatchObject({
      code: "ADDRESS_IN_USE",
    });
  });

  it("records the last call to a number, what it heard left and what it said right", async () => {
    const folder = await mkdtemp(join(tmpdir(), "offhook-loopback-"));
    const number = "+12025550190";
    const recorded = await startLoopbackCarrier({
      listen: ["udp:127.0.0.1:0"],
      recordIn: folder,
      numbers: [
        {
          number,
          callee: "beeps",
          script: (callee) =>
            callee
              .answer()
              .silence({ durationMs: 100 })
              .beep()
              .silence({ durationMs: 200 })
              .hangUp(),
        },
      ],
    });
    try {
      for (const _call of [1, 2]) {
        const to = `sip:${number}@${recorded.uri.slice(4)}`;
        const from = "+12025550142";
        await loopback.callIn({ from, to, caller: (caller) => caller.stayOn() }).ended;
      }
    } finally {
      await recorded.close();
    }
    const wav = readWav(await readFile(join(folder, `${number}.wav`)));
    const { sampleRate } = wav;
    const said = audibleStretches({ samples: channelOf(wav, 1), sampleRate });
    expect(said).toHaveLength(1);
    expect(audibleStretches({ samples: channelOf(wav, 0), sampleRate })).toEqual([]);
    expect(await readdir(folder)).toEqual([`${number}.wav`]);
    await rm(folder, { recursive: true });
  });

  it("refuses to record where there is no folder", async () => {
    const recordIn = join(tmpdir(), "offhook-nowhere");
    await expect(startLoopbackCarrier({ recordIn })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("offhook-nowhere"),
    });
  });

  it("listens no longer once it is closed", async () => {
    const short = await startLoopbackCarrier({ listen: ["tcp:127.0.0.1:0"] });
    const port = short.addresses[0]?.port ?? 0;
    await short.close();
    const refused = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(false)).once("error", () => resolve(true));
    });
    expect(refused).toBe(true);
  });
});
