import {
  type IncomingResponseMessage,
  NameAddrHeader,
  NonInviteClientTransaction,
  type OutgoingRequestMessageOptions,
  type URI,
  UserAgentClient,
  type UserAgentCore,
} from "sip.js/lib/core/index.js";
import { parseNameAddr } from "../message/header-value.js";
import { toSipjsUri } from "../message/sipjs-message.js";

/**
 * Ends the call of a fork that answered after another one had: ACK, then BYE (RFC 3261 13.2.2.4).
 * Everything they need stands in its 2xx.
 */
export function endLateFork(
  core: UserAgentCore,
  answer: IncomingResponseMessage,
  sendAck: (text: string) => void,
): void {
  const contact = parseNameAddr(answer.getHeader("contact") ?? "");
  const target = contact && toSipjsUri(contact.uri.text);
  // Both have their tags, or it would not have come this far; the addresses may still be anything.
  const from = addressIn(answer, "from");
  const to = addressIn(answer, "to");
  if (!target || !from || !to || !answer.toTag) return;
  const options: OutgoingRequestMessageOptions = {
    callId: answer.callId,
    fromTag: answer.fromTag,
    toTag: answer.toTag,
    cseq: answer.cseq,
    routeSet: answer.getHeaders("record-route").reverse(),
  };
  const make = (method: string, cseq: number) =>
    core.makeOutgoingRequestMessage(method, target, from, to, { ...options, cseq });
  const ack = make("ACK", answer.cseq);
  ack.setViaHeader("", core.transport.protocol);
  sendAck(ack.toString());
  new UserAgentClient(NonInviteClientTransaction, core, make("BYE", answer.cseq + 1));
}

function addressIn(answer: IncomingResponseMessage, name: "from" | "to"): URI | undefined {
  const value: unknown = answer.parseHeader(name);
  return value instanceof NameAddrHeader ? value.uri : undefined;
}
