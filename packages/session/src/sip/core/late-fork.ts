import {
  type IncomingResponseMessage,
  NonInviteClientTransaction,
  type OutgoingRequestMessageOptions,
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
  if (!target || !answer.toTag) return;
  const options: OutgoingRequestMessageOptions = {
    callId: answer.callId,
    fromTag: answer.fromTag,
    toTag: answer.toTag,
    cseq: answer.cseq,
    routeSet: answer.getHeaders("record-route").reverse(),
  };
  const make = (method: string, cseq: number) =>
    core.makeOutgoingRequestMessage(method, target, answer.from.uri, answer.to.uri, {
      ...options,
      cseq,
    });
  const ack = make("ACK", answer.cseq);
  ack.setViaHeader("", core.transport.protocol);
  sendAck(ack.toString());
  new UserAgentClient(NonInviteClientTransaction, core, make("BYE", answer.cseq + 1));
}
