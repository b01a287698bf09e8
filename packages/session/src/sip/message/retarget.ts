import type { RetargetEvidence } from "../../vocabulary.js";
import { parseNameAddr } from "./header-value.js";

/** RFC 4458 2: causes that send a call to voicemail when the target takes messages. */
const voicemailCauses = new Set(["404", "408", "480", "486", "487", "503"]);
const voicemailWords = /voice-?mail|\bvm\b|mailbox|messaging/i;

/**
 * Reads what Diversion (RFC 5806) and History-Info (RFC 7044) say about being sent elsewhere;
 * undefined when neither is there.
 */
export function readRetarget(
  diversion: readonly string[],
  historyInfo: readonly string[],
): RetargetEvidence | undefined {
  if (diversion.length === 0 && historyInfo.length === 0) return undefined;
  const toVoicemail =
    historyInfo.some((entry, index) => isVoicemailEntry(entry, index === historyInfo.length - 1)) ||
    diversion.some((entry) => {
      const reason = parseNameAddr(entry)?.params["reason"];
      return voicemailWords.test(entry) || (reason ? /voicemail|^vm$/i.test(reason) : false);
    });
  return { diversion, historyInfo, toVoicemail };
}

function isVoicemailEntry(entry: string, last: boolean): boolean {
  if (!last) return false;
  const address = parseNameAddr(entry);
  if (!address) return voicemailWords.test(entry);
  if (voicemailWords.test(address.uri.text)) return true;
  // `cause` says why the call was sent on and `target` names the mailbox (RFC 4458 2); 302 is
  // ordinary forwarding unless there is a mailbox.
  const { cause, target } = address.uri.params;
  if (!cause) return false;
  return voicemailCauses.has(cause) || (cause === "302" && target !== undefined);
}
