import type { EndReason } from "../call/end-reason.js";
import type { CalleeScript } from "./scenario.js";

/** A number and who answers there. */
export interface AnsweredNumber {
  readonly number: string;
  /** What the callee does, in words. */
  readonly callee: string;
  /** How a call to it is to end, where that does not depend on the caller. */
  readonly expected?: EndReason;
  /** Absent where the number cannot be dialled at all. */
  readonly script?: CalleeScript;
}

/** One number of the table, and how a call to it is to end. */
export interface NumberRow extends AnsweredNumber {
  readonly expected: EndReason;
}

export interface NumberOptions {
  /** How long those ring who are going to answer or decline. Default 1,000. */
  readonly ringMs?: number;
  /** How long it rings where voicemail is about to answer. Default 4,000. */
  readonly voicemailRingMs?: number;
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** What the two numbers that challenge their callers ask for. No secret: it is printed by the demo. */
export const LOOPBACK_CREDENTIALS = { username: "demo", password: "demo-password" } as const;

const NORMAL_CLEARING = { protocol: "Q.850", cause: 16, text: "Normal call clearing" } as const;
const SUBSCRIBER_ABSENT = { protocol: "Q.850", cause: 20, text: "Subscriber absent" } as const;

/**
 * The numbers that both carriers of this folder answer, and that the demo, the docs and the
 * contract suite call. Fictitious: 555-01xx is set aside for that.
 */
export function numberTable(options: NumberOptions = {}): readonly NumberRow[] {
  const { ringMs = 1_000, voicemailRingMs = 4_000, credentials = LOOPBACK_CREDENTIALS } = options;
  const ring = { durationMs: ringMs };
  return [
    {
      number: "+12025550100",
      callee: "answers, talks, hangs up",
      expected: "USER_HUNG_UP_IN_CALL",
      script: (callee) =>
        callee
          .ring(ring)
          .answer()
          .speak("hello")
          .silence({ durationMs: 1_500 })
          .speak("conversation_question")
          .silence({ durationMs: 500 })
          .hangUp(),
    },
    {
      number: "+12025550101",
      callee: "answers, talks; the agent ends",
      expected: "AGENT_HUNG_UP",
      script: (callee) =>
        callee.ring(ring).answer().speak("hello").hearOut().speak("conversation_agree").stayOn(),
    },
    {
      number: "+12025550102",
      callee: "486",
      expected: "USER_BUSY",
      script: (callee) => callee.reject(486),
    },
    {
      number: "+12025550103",
      callee: "rings on",
      expected: "USER_DID_NOT_PICK_UP",
      script: (callee) => callee.ring(),
    },
    {
      number: "+12025550104",
      callee: "rings, 603 Decline",
      expected: "USER_HUNG_UP_RINGING",
      script: (callee) => callee.ring(ring).reject(603),
    },
    {
      number: "+12025550105",
      callee: "rings long enough, then 480",
      expected: "VOICEMAIL_DETECTED_PRECONNECT",
      script: (callee) => callee.ring({ durationMs: voicemailRingMs }).reject(480),
    },
    {
      number: "+12025550106",
      callee: "instant 480",
      expected: "USER_UNREACHABLE",
      script: (callee) => callee.reject(480),
    },
    {
      number: "+12025550107",
      callee: "answers, plays a greeting, goes silent",
      expected: "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
      script: (callee) => callee.ring(ring).answer().speak("voicemail_greeting").stayOn(),
    },
    {
      number: "+12025550108",
      callee: "404",
      expected: "SIP_FAILED_WRONG_NUMBER",
      script: (callee) => callee.reject(404),
    },
    {
      number: "+12025550109",
      callee: "403",
      expected: "SIP_FAILED_NUMBER_BLOCKED",
      script: (callee) => callee.reject(403),
    },
    {
      number: "+12025550110",
      callee: "503",
      expected: "SIP_FAILED_PROVIDER_UNAVAILABLE",
      script: (callee) => callee.reject(503),
    },
    {
      number: "+12025550111",
      callee: "no response at all",
      expected: "SIP_FAILED_PROVIDER_UNAVAILABLE",
      script: (callee) => callee.ignore(),
    },
    {
      number: "+12025550112",
      callee: "answers, says hello, then prolonged silence",
      expected: "AGENT_HUNG_UP_SILENCE_DETECTED",
      script: (callee) => callee.ring(ring).answer().speak("hello").stayOn(),
    },
    {
      number: "+12025550113",
      callee: "never stops talking",
      expected: "MAX_DURATION_REACHED",
      script: (callee) =>
        callee.ring(ring).answer().speak("hello").silence({ durationMs: 1_200 }).talkOn(),
    },
    {
      number: "+12025550114",
      callee: "rings; the caller cancels",
      expected: "CANCELED",
      script: (callee) => callee.ring(),
    },
    {
      number: "+12025550115",
      callee: "407, then answers",
      expected: "AGENT_HUNG_UP",
      script: (callee) =>
        callee
          .challenge(credentials)
          .ring(ring)
          .answer()
          .speak("name")
          .hearOut()
          .speak("conversation_agree")
          .stayOn(),
    },
    {
      number: "+12025550116",
      callee: "407, refuses our password",
      expected: "SIP_FAILED_AUTHENTICATION",
      script: (callee) => callee.challenge({ ...credentials, refuse: true }).ring(),
    },
    {
      number: "+12025550117",
      callee: "answers, sends BYE with Reason Q.850",
      expected: "USER_HUNG_UP_IN_CALL",
      script: (callee) =>
        callee
          .ring(ring)
          .answer()
          .speak("hello")
          .silence({ durationMs: 1_500 })
          .speak("goodbye")
          .hangUp({ reason: NORMAL_CLEARING }),
    },
    {
      number: "+12025550118",
      callee: "480 with Q.850 cause 20 after ringing",
      expected: "USER_UNREACHABLE",
      script: (callee) =>
        callee.ring({ durationMs: voicemailRingMs }).reject(480, { reason: SUBSCRIBER_ABSENT }),
    },
    {
      number: "+12025550119",
      callee: "183 early media, then answers",
      expected: "AGENT_HUNG_UP",
      script: (callee) =>
        callee
          .earlyMedia()
          .tone({ frequenciesHz: [440, 480], durationMs: 2_000 })
          .silence({ durationMs: 500 })
          .answer()
          .silence({ durationMs: 300 })
          .speak("name")
          .hearOut()
          .speak("conversation_agree")
          .stayOn(),
    },
    { number: "+1202", callee: "not a number", expected: "INVALID_DESTINATION" },
  ];
}

/** The table as the loopback carrier has it unless told otherwise; all of it takes under 45 s. */
export const LOOPBACK_NUMBERS: readonly NumberRow[] = numberTable();

/** The callees of a table by number, as `simulateCarrier` takes them. */
export function calleesOf(
  table: readonly AnsweredNumber[],
): Readonly<Record<string, CalleeScript>> {
  return Object.fromEntries(
    table.flatMap(({ number, script }) => (script ? [[number, script] as const] : [])),
  );
}
