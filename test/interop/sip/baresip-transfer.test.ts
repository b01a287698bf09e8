import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSipCarrier, type InboundLeg, type SipCarrier } from "@offhook/session";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { writeWav } from "../../../packages/session/src/media/recording/wav.js";
import { silentMediaPlane } from "../../bench/silent-media-plane.js";
import { type Baresip, startBaresip } from "../cli/baresip.js";
import { type LegRecorder, recordLeg } from "./leg-recorder.js";

const folder = mkdtempSync(join(tmpdir(), "offhook-transfer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** baresip hangs up where its file ends. */
const say = join(folder, "silence.wav");
writeFileSync(say, writeWav({ sampleRate: 8_000, channels: 1, samples: new Int16Array(160_000) }));

async function phone(transport: "udp" | "tcp", dial?: string): Promise<Baresip> {
  const peer = await startBaresip({ transport, say, ...(dial === undefined ? {} : { dial }) });
  closers.push(() => peer.stop());
  return peer;
}

describe.each(["udp", "tcp"] as const)("baresip over %s", (transport) => {
  async function answering(): Promise<{
    carrier: SipCarrier;
    uri: string;
    heard: LegRecorder;
    leg: () => InboundLeg | undefined;
  }> {
    const carrier = createSipCarrier({
      listen: [`${transport}:127.0.0.1:0`],
      mediaPlane: silentMediaPlane(),
    });
    closers.push(() => carrier.close());
    const heard = recordLeg();
    let leg: InboundLeg | undefined;
    carrier.receiveCalls((offer) => {
      leg = offer.accept(heard);
      leg.answer();
    });
    const [address] = (await carrier.ready()).addresses;
    const uri = `sip:agent@127.0.0.1:${address?.port};transport=${transport}`;
    return { carrier, uri, heard, leg: () => leg };
  }

  it("sends us on to another baresip, and is gone when that worked", async () => {
    const { uri, heard, leg } = await answering();
    const target = await phone(transport);
    const caller = await phone(transport, uri);
    await heard.until("answered");
    await caller.command("transfer", `sip:baresip@127.0.0.1:${target.port};transport=${transport}`);
    const { request } = await heard.until("transfer_request");
    expect(request.attended).toBe(false);
    leg()?.acceptTransfer?.(request.requestId);
    await heard.until("far_side_changed");
    expect(heard.signals.some(({ type }) => type === "far_side_ended")).toBe(false);
    await target.command("hangup");
    await heard.until("far_side_ended");
  });

  it("stays with us when we refuse to be sent on", async () => {
    const { uri, heard, leg } = await answering();
    const caller = await phone(transport, uri);
    await heard.until("answered");
    await caller.command("transfer", "sip:nobody@127.0.0.1:9");
    const { request } = await heard.until("transfer_request");
    leg()?.refuseTransfer?.(request.requestId, 603);
    await caller.command("hangup");
    expect(await heard.until("far_side_ended")).toMatchObject({ request: "BYE" });
  });

  it("lets us send it on to another baresip, and says how it goes", async () => {
    const { uri, heard, leg } = await answering();
    const target = await phone(transport);
    await phone(transport, uri);
    await heard.until("answered");
    leg()?.refer?.(`sip:baresip@127.0.0.1:${target.port};transport=${transport}`);
    await expect
      .poll(
        () =>
          heard.signals.flatMap((signal) =>
            signal.type === "transfer" ? [signal.progress.status] : [],
          ),
        { timeout: 8_000 },
      )
      .toContain("completed");
    leg()?.bye();
  });
});
