import {
  createSipCarrier,
  type Logger,
  type Random,
  type SipCarrier,
  silentLogger,
} from "@offhook/session";
import { silentMediaPlane } from "../bench/silent-media-plane.js";

import { individual, type OpenDialog, request, sdp } from "./corpus.js";

type WireOpener = NonNullable<Parameters<typeof createSipCarrier>[0]["openWire"]>;
type WireEvents = Parameters<WireOpener>[1];

export interface Target {
  readonly carrier: SipCarrier;
  /** The INVITE of a call that is under way. */
  readonly invite: string;
  /** A call that came in and is up. */
  readonly dialog: OpenDialog;
  /** Sends it to the carrier. Returns what went wrong inside, if anything did. */
  feed(text: string): string | undefined;
  /** Whether an ordinary OPTIONS is still answered. */
  isAlive(): boolean;
  close(): Promise<void>;
}

const peer = { address: "127.0.0.1", port: 5070 };

/** A carrier without sockets that answers whoever calls, with a call of its own under way. */
export async function openTarget(random: Random): Promise<Target> {
  let events: WireEvents | undefined;
  let sent: string[] = [];
  let complaint: string | undefined;
  let leaving = false;
  const logger: Logger = {
    ...silentLogger,
    // The last line of defence: whatever gets there was not foreseen.
    warn: (fields, message) => {
      if (message === "could not be handled") complaint = JSON.stringify(fields);
    },
    error: (fields, message) => {
      complaint = `${message} ${JSON.stringify(fields)}`;
    },
  };
  const carrier = createSipCarrier({
    trunk: { uri: "sip:127.0.0.1:5070", username: "u", password: "p" },
    listen: ["udp:127.0.0.1:5060"],
    mediaPlane: silentMediaPlane(),
    random,
    logger,
    // Mutated names must not be asked for on the network.
    resolver: { resolve: async (_uri, _protocol) => [peer] },
    async openWire(listen, wireEvents) {
      events = wireEvents;
      return {
        protocol: "UDP",
        reliable: false,
        local: { address: listen.address, port: listen.port },
        watch: async () => undefined,
        async send(text) {
          sent.push(text);
          if (leaving) events?.onMessage(Buffer.from(answerTo(text)), peer);
        },
        close: async () => undefined,
      };
    },
  });
  carrier.receiveCalls((offer) => {
    const leg = offer.accept({ onSignal() {} });
    leg.ring({ earlyMedia: true });
    leg.answer();
  });
  await carrier.ready();
  const destination = carrier.parseDestination("+12025550100");
  carrier.placeCall({ callId: "fuzz", destination }, { onSignal() {} });
  const first = individual(request("INVITE", [], sdp), 0);
  events?.onMessage(Buffer.from(first), peer);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  const answer = sent.find((text) => text.startsWith("SIP/2.0 200")) ?? "";
  const field = (pattern: RegExp) => pattern.exec(answer)?.[1] ?? "";
  const dialog = {
    callId: field(/^Call-ID: (\S+)/m),
    fromTag: field(/^From: .*;tag=(\w+)/m),
    toTag: field(/^To: .*;tag=(\w+)/m),
  };
  const ack = first.replace(/INVITE/g, "ACK").replace(/^To: .*$/m, `$&;tag=${dialog.toTag}`);
  events?.onMessage(
    Buffer.from(
      ack
        .replace("branch=z9hG4bK", "branch=z9hG4bKack")
        .replace(/^Call-ID: .*$/m, `Call-ID: ${dialog.callId}`),
    ),
    peer,
  );
  const invite = sent.find((text) => text.startsWith("INVITE")) ?? "";
  let pings = 0;
  return {
    carrier,
    invite,
    dialog,
    feed(text) {
      sent = [];
      complaint = undefined;
      try {
        events?.onMessage(Buffer.from(text, "latin1"), peer);
      } catch (error) {
        return `thrown: ${String(error)}`;
      }
      return complaint;
    },
    isAlive() {
      sent = [];
      pings += 1;
      const ping = [
        "OPTIONS sip:x@127.0.0.1 SIP/2.0",
        `Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKalive${pings}`,
        "From: <sip:a@b>;tag=1",
        "To: <sip:x@127.0.0.1>",
        `Call-ID: alive${pings}`,
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
        "",
        "",
      ].join("\r\n");
      events?.onMessage(Buffer.from(ping), peer);
      return sent.some((text) => text.startsWith("SIP/2.0 200"));
    },
    close() {
      leaving = true;
      if (invite !== "") events?.onMessage(Buffer.from(answerTo(invite)), peer);
      return carrier.close();
    },
  };
}

/** Lets a carrier that closes take its leave: 200 to everything, 487 to a call under way. */
function answerTo(request: string): string {
  const lines = request
    .split("\r\n")
    .filter((line) => /^(?:Via|From|To|Call-ID|CSeq): /.test(line));
  const status = request.startsWith("INVITE") ? "487 Request Terminated" : "200 OK";
  return [`SIP/2.0 ${status}`, ...lines, "Content-Length: 0", "", ""].join("\r\n");
}
