// The peer of the signalling benchmark as a server: answers every call with the npm package `sip`.
import { freeUdpPort } from "./child.js";
import { SDP, type SipMessage, sip } from "./npm-sip.js";
import { serve } from "./server-load.js";

const port = await freeUdpPort();
let completed = 0;
let tags = 0;

function answer(request: SipMessage): void {
  sip.send(sip.makeResponse(request, 100, "Trying"));
  const ok = sip.makeResponse(request, 200, "OK");
  tags += 1;
  ok.headers.to.params.tag = `t${tags}`;
  const contact = [{ uri: `sip:peer@127.0.0.1:${port}` }];
  Object.assign(ok.headers, { contact, "content-type": "application/sdp" });
  ok.content = SDP;
  sip.send(ok);
}

sip.start({ address: "127.0.0.1", publicAddress: "localhost", port, tcp: false }, (request) => {
  if (request.method === "INVITE") answer(request);
  else if (request.method === "BYE") {
    completed += 1;
    sip.send(sip.makeResponse(request, 200, "OK"));
  }
});
await serve(port, () => completed);
process.exit(0);
