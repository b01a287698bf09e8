import type { EndedBy, FinalResponse, Verdict } from "../vocabulary.js";
import type { CarrierProfile } from "./call-settings.js";
import type { TerminalState } from "./call-state.js";
import { type EndReason, endReasonOfQ850, endReasonOfSip, endReasonRow } from "./end-reason.js";
import { type CallFacts, type Ending, ringMsOf, wasRetargetedToVoicemail } from "./facts.js";

/** Why a call ended: the reason, and which rule said so on which grounds. */
export interface EndDecision {
  readonly endReason: EndReason;
  readonly finalState: TerminalState;
  readonly endedBy: EndedBy;
  readonly because: {
    /** A stable name of the rule that decided. */
    readonly rule: string;
    /** The grounds in one sentence. */
    readonly text: string;
  };
}

type Ruling = Omit<EndDecision, "finalState">;

/**
 * Decides why a call ended, by who ended it:
 *
 * 1. We sent BYE or CANCEL: the requester's reason stands; a bare `end()` is refined by the verdict.
 * 2. They sent BYE: a completed transfer, a voicemail that nobody talked to, or a hang-up.
 * 3. A final response: structured 603, a refining Q.850, retargeting or an early-media verdict,
 *    then the code; 480 and 408 by how long it rang.
 * 4. Nothing came back: the provider is unavailable.
 *
 * Total: any facts give a decision whose final state the reason's row allows.
 */
export function decideEnd(facts: CallFacts, profile: CarrierProfile): EndDecision {
  const { endReason, endedBy, because } = rule(facts, profile);
  return { endReason, finalState: finalStateOf(endReason, facts), endedBy, because };
}

function rule(facts: CallFacts, profile: CarrierProfile): Ruling {
  const ending = facts.ending;
  switch (ending?.by) {
    case "us":
      return endedByUs(ending, facts);
    case "far_side":
      return endedByFarSide(ending, facts);
    case "final_response":
      return endedByResponse(ending.response, facts, profile);
    case "nothing":
      if (ending.cause === "not_joined")
        return ruling("USER_DID_NOT_JOIN", "not-joined", ending.detail);
      return ruling(
        "SIP_FAILED_PROVIDER_UNAVAILABLE",
        "no-response",
        ending.cause === "transport"
          ? `The transport failed: ${ending.detail.replace(/\.$/, "")}.`
          : ending.detail,
      );
    case "not_placed":
      return ruling(ending.reason, "not-placed", endReasonRow(ending.reason).meaning);
    case undefined:
      return ruling("INTERNAL_ERROR", "no-ending", "The call was closed without an ending.");
  }
}

/** Rule 1. */
function endedByUs(ending: Extract<Ending, { by: "us" }>, facts: CallFacts): Ruling {
  const { requester, reason, detail } = ending;
  const connected = facts.connectedAtMs !== undefined;
  if (reason === undefined) return bareEnd(requester, facts, connected);
  const fitting = connected ? afterConnect(reason) : beforeConnect(reason, facts);
  return ruling(fitting, "our-request", detail ?? endReasonRow(fitting).meaning, requester);
}

function bareEnd(requester: EndedBy, facts: CallFacts, connected: boolean): Ruling {
  // Only the agent acts on what was heard; whoever withdraws a call through the API means just that.
  const label = requester === "agent" ? facts.verdict?.label : undefined;
  if (!connected) {
    if (facts.direction === "inbound")
      return ruling("AGENT_REJECTED", "rejected-before-answer", "We refused the call.", requester);
    if (label === "voicemail" || label === "beep")
      return ruling(
        "VOICEMAIL_DETECTED_PRECONNECT",
        "withdrawn-on-voicemail",
        "A voicemail greeting was heard before answer and we withdrew the call.",
        requester,
      );
    return ruling("CANCELED", "withdrawn", "We withdrew the call before it connected.", requester);
  }
  const refined = label === undefined ? undefined : hangUpReasonOf(label);
  if (refined === undefined) return ruling("AGENT_HUNG_UP", "our-bye", "We hung up.", requester);
  return ruling(refined, "our-bye-on-verdict", `We hung up on a ${label} verdict.`, requester);
}

/** What a bare `end()` is called when a verdict stands. */
function hangUpReasonOf(label: Verdict["label"]): EndReason | undefined {
  switch (label) {
    case "voicemail":
    case "beep":
      return "AGENT_HUNG_UP_VOICEMAIL_DETECTED";
    case "ivr":
      return "AGENT_HUNG_UP_IVR_DETECTED";
    case "fax":
      return "AGENT_HUNG_UP_FAX_DETECTED";
    case "screening":
      return "AGENT_HUNG_UP_SCREENING_DETECTED";
    default:
      return undefined;
  }
}

/** A reason that only a call without a conversation can have, given during one. */
function afterConnect(reason: EndReason): EndReason {
  return endReasonRow(reason).finalStates.includes("ended") ? reason : "AGENT_HUNG_UP";
}

/** A reason that only a conversation can have, given before there was one. */
function beforeConnect(reason: EndReason, facts: CallFacts): EndReason {
  const { finalStates } = endReasonRow(reason);
  if (finalStates.some((state) => state !== "ended")) return reason;
  if (facts.direction === "inbound") return "AGENT_REJECTED";
  return reason === "AGENT_HUNG_UP_VOICEMAIL_DETECTED"
    ? "VOICEMAIL_DETECTED_PRECONNECT"
    : "CANCELED";
}

/** Rule 2. */
function endedByFarSide(ending: Extract<Ending, { by: "far_side" }>, facts: CallFacts): Ruling {
  if (facts.connectedAtMs === undefined)
    return ruling(
      "USER_HUNG_UP_RINGING",
      "withdrawn-by-far-side",
      `The far side sent ${ending.request} before answer.`,
    );
  if (facts.transfer?.status === "completed")
    return ruling(
      "CALL_TRANSFERRED",
      "transfer-completed",
      "The transfer's NOTIFY reported success.",
    );
  const { verdict } = facts;
  // Somebody who calls us is no voicemail, however long their first words.
  const machine =
    facts.direction === "outbound" && (verdict?.label === "voicemail" || verdict?.label === "beep");
  if (machine && verdict?.phase === "after_answer" && facts.userTurns === 0)
    return ruling(
      "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
      "voicemail-hung-up",
      "A greeting was heard, nobody took a turn, and the far side ended the call.",
      "user",
    );
  return ruling("USER_HUNG_UP_IN_CALL", "their-bye", "The far side sent BYE.");
}

/** Rule 3. */
function endedByResponse(
  response: FinalResponse,
  facts: CallFacts,
  profile: CarrierProfile,
): Ruling {
  const said = `${response.status} ${response.phrase}`.trim();
  if (isNetworkBlocked(response))
    return ruling("SIP_FAILED_NUMBER_BLOCKED", "structured-603", `${said} from the carrier.`);

  const refined = refineByQ850(response, facts);
  if (refined !== undefined)
    return farSideRuling(refined, "q850", `${said} with Q.850 cause ${response.q850}.`);

  if (!isAboutUs(response.status)) {
    if (wasRetargetedToVoicemail(facts))
      return ruling(
        "VOICEMAIL_DETECTED_PRECONNECT",
        "retargeted",
        `${said} after the call was sent on to voicemail.`,
      );
    const audible = facts.firstAudioAtMs !== undefined;
    const heard =
      audible && facts.verdict ? reasonOfEarlyMedia(facts.verdict, response.status) : undefined;
    if (heard !== undefined)
      return ruling(
        heard,
        "early-media",
        `${said} after ${facts.verdict?.label} was heard before answer.`,
      );
  }

  if (response.status === 480 || response.status === 408)
    return userUnavailable(said, facts, profile);
  if (response.status >= 300 && response.status < 400)
    return ruling("SIP_FAILED_ROUTING", "redirect", `${said} could not be followed.`);
  const byCode = endReasonOfSip(response.status);
  return byCode === undefined
    ? ruling("SIP_FAILED_UNKNOWN", "sip-code", `${said} means nothing more specific.`)
    : ruling(byCode, "sip-code", `${said}.`);
}

/** Rule 4: 480, and 408 from the far side, by how long it rang. */
function userUnavailable(said: string, facts: CallFacts, profile: CarrierProfile): Ruling {
  const ringMs = ringMsOf(facts);
  if (ringMs === undefined)
    return profile.instant480 === "provider_unavailable"
      ? ruling(
          "SIP_FAILED_PROVIDER_UNAVAILABLE",
          "instant-480",
          `${said} without ringing, which on this trunk means that it is full.`,
        )
      : ruling("USER_UNREACHABLE", "instant-480", `${said} without ringing.`);
  const { minMs, maxMs } = profile.voicemailRing;
  if (ringMs >= minMs && ringMs <= maxMs)
    return ruling(
      "VOICEMAIL_DETECTED_PRECONNECT",
      "480-after-ring",
      `${said} after ${ringMs} ms of ringing, inside this trunk's ${minMs}–${maxMs} ms for voicemail.`,
    );
  return ruling(
    "USER_DID_NOT_PICK_UP",
    "480-after-ring",
    `${said} after ${ringMs} ms of ringing, outside this trunk's ${minMs}–${maxMs} ms for voicemail.`,
    "carrier",
  );
}

/** A 603 that the network's analytics sent and no person (ATIS-1000099 "603+"). */
function isNetworkBlocked(response: FinalResponse): boolean {
  if (response.status !== 603) return false;
  return (
    /network blocked/i.test(response.phrase) ||
    response.reasonHeaders.some((header) => /v=analytics/i.test(header))
  );
}

/** A vague response gives way to a Q.850 cause; a specific one does not. */
const refinable: readonly number[] = [480, 487, 500, 503, 603];

function refineByQ850(response: FinalResponse, facts: CallFacts): EndReason | undefined {
  const { q850, q850Location } = response;
  if (q850 === undefined || !refinable.includes(response.status)) return undefined;
  const fromUser = q850Location === "U";
  if (q850 === 21) {
    const rangBefore = facts.ringStartedAtMs !== undefined;
    return fromUser || (q850Location === undefined && rangBefore)
      ? "USER_HUNG_UP_RINGING"
      : "SIP_FAILED_NUMBER_BLOCKED";
  }
  if ((q850 === 55 || q850 === 57) && fromUser) return undefined;
  return endReasonOfQ850(q850);
}

/** Responses about our own request, which nothing heard on the line can reinterpret. */
function isAboutUs(status: number): boolean {
  const reason = endReasonOfSip(status);
  return (
    reason === "SIP_FAILED_AUTHENTICATION" ||
    reason === "SIP_FAILED_PAYMENT_REQUIRED" ||
    reason === "SIP_FAILED_ROUTING" ||
    reason === "SIP_FAILED_MEDIA" ||
    reason === "SIP_FAILED_MARKED_AS_SPAM"
  );
}

/** What audio before answer says about a call that then failed. */
function reasonOfEarlyMedia(verdict: Verdict, status: number): EndReason | undefined {
  // What a detector concluded from the response itself was not heard.
  if (verdict.phase !== "before_answer" || verdict.kind === "pre_connect") return undefined;
  switch (verdict.label) {
    case "voicemail":
    case "beep":
      return "VOICEMAIL_DETECTED_PRECONNECT";
    case "busy":
      return "USER_BUSY";
    case "reorder":
      return "SIP_FAILED_PROVIDER_UNAVAILABLE";
    case "announcement":
      return reasonOfAnnouncement(verdict.kind, status);
    default:
      return undefined;
  }
}

function reasonOfAnnouncement(kind: string | undefined, status: number): EndReason | undefined {
  switch (kind) {
    case "number_changed":
      return "NUMBER_CHANGED";
    case "not_in_service":
    case "sit_vacant":
      return "SIP_FAILED_WRONG_NUMBER";
    case "sit_intercept":
      // The number was changed or is out of service; a 410 tells which.
      return status === 410 ? "NUMBER_CHANGED" : "SIP_FAILED_WRONG_NUMBER";
    case "temporarily_unavailable":
      return "USER_UNREACHABLE";
    case "circuits_busy":
    case "sit_no_circuit":
    case "sit_reorder":
      return "SIP_FAILED_PROVIDER_UNAVAILABLE";
    default:
      return undefined;
  }
}

function finalStateOf(reason: EndReason, facts: CallFacts): TerminalState {
  const { finalStates } = endReasonRow(reason);
  if (facts.connectedAtMs !== undefined) return "ended";
  return finalStates.find((state) => state !== "ended") ?? "not_connected";
}

/** A ruling on a response: what our own timers decide elsewhere, the carrier decided here. */
function farSideRuling(endReason: EndReason, rule: string, text: string): Ruling {
  const { endedBy } = endReasonRow(endReason);
  return ruling(endReason, rule, text, endedBy === "runtime" ? "carrier" : endedBy);
}

function ruling(
  endReason: EndReason,
  rule: string,
  text: string,
  endedBy: EndedBy = endReasonRow(endReason).endedBy,
): Ruling {
  return { endReason, endedBy, because: { rule, text } };
}
