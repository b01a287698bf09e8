// The peer of the signalling benchmark: the same closed loop with the npm package `sip`.
import { argumentOf, closedLoop, type Load, report } from "./client-load.js";
import { SDP, sip } from "./npm-sip.js";

const load = argumentOf<Load>();
const { host, port } = load.target;
const ownPort = 20_000 + (process.pid % 20_000);
let count = 0;

function placeOne(): Promise<boolean> {
  count += 1;
  const uri = `sip:bench@${host}:${port}`;
  const from = { uri: `sip:peer@127.0.0.1:${ownPort}`, params: { tag: `t${count}` } };
  const callId = `${count}-${process.pid}@bench`;
  return new Promise((resolve) => {
    const invite = {
      method: "INVITE",
      uri,
      headers: {
        to: { uri },
        from,
        "call-id": callId,
        cseq: { method: "INVITE", seq: 1 },
        "max-forwards": 70,
        "content-type": "application/sdp",
        contact: [{ uri: `sip:peer@127.0.0.1:${ownPort}` }],
      },
      content: SDP,
    };
    sip.send(invite, (response) => {
      const status = response.status ?? 0;
      if (status < 200) return;
      if (status >= 300) return resolve(false);
      const target = response.headers.contact?.[0]?.uri ?? uri;
      const dialog = { to: response.headers.to, from, "call-id": callId, "max-forwards": 70 };
      sip.send({
        method: "ACK",
        uri: target,
        headers: { ...dialog, cseq: { method: "ACK", seq: 1 } },
      });
      const bye = {
        method: "BYE",
        uri: target,
        headers: { ...dialog, cseq: { method: "BYE", seq: 2 } },
      };
      sip.send(bye, (answer) => resolve(answer.status === 200));
    });
  });
}

// It takes whatever is at its own address for itself, so it goes by another name here.
sip.start(
  { address: "127.0.0.1", publicAddress: "localhost", port: ownPort, tcp: false },
  () => {},
);
const result = await closedLoop(load, placeOne);
sip.stop();
report(result);
process.exit(0);
