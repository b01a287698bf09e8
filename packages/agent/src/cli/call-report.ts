import type { CallOutcome, SessionEvents } from "@offhook/session";
import type { Call } from "../calls.js";
import { outcomeLine } from "../outcome-line.js";

/** Where a command writes its report, a line at a time. */
export type WriteLine = (line: string) => void;

const TOLD_EVENTS = [
  "call_start",
  "dialing",
  "ringing",
  "early_media",
  "active",
  "verdict",
  "dtmf",
  "user_voice",
  "user_turn",
  "agent_turn",
  "interruption",
  "silence",
  "audio",
  "hold",
  "transfer",
  "transfer_request",
  "transfer_followed",
  "far_side_changed",
  "text",
  "fault",
  "call_end",
] as const satisfies readonly (keyof SessionEvents)[];

/** One JSON object per line: events as they happen, and the outcome at the end. */
export function reportAsJson(call: Call, write: WriteLine): void {
  for (const event of TOLD_EVENTS)
    call.session.on(event, ({ callId, atMs, ...payload }) => {
      // The outcome has a line of its own; here it would only be said twice.
      const { outcome: _outcome, ...rest } = payload as { outcome?: unknown };
      write(JSON.stringify({ type: "event", callId, atMs, event, ...rest }));
    });
  void call.ended.then((outcome) => write(JSON.stringify(outcomeLine(call, outcome))));
}

/** What happens, in words, for a person who watches. */
export function reportInWords(call: Call, write: WriteLine): void {
  const say = (atMs: number, words: string) => write(`${seconds(atMs).padStart(8)}  ${words}`);
  const { session } = call;
  session.on("dialing", ({ atMs }) => say(atMs, `dialing ${call.userNumber}`));
  session.on("ringing", ({ atMs }) => say(atMs, "ringing"));
  session.on("early_media", ({ atMs }) => say(atMs, "audio before answer"));
  session.on("active", ({ atMs }) => say(atMs, "active"));
  session.on("verdict", ({ atMs, verdict }) => {
    const sure = `${Math.round(verdict.confidence * 100)} %${verdict.provisional ? ", provisional" : ""}`;
    say(atMs, `heard: ${verdict.label}${verdict.kind ? ` (${verdict.kind})` : ""}, ${sure}`);
  });
  session.on("dtmf", ({ atMs, digit }) => say(atMs, `key pressed: ${digit}`));
  session.on("hold", ({ atMs, held }) => say(atMs, held ? "held" : "taken off hold"));
  session.on("fault", ({ atMs, fault }) => say(atMs, `fault: ${fault.message} (${fault.code})`));
  void call.ended.then((outcome) => {
    say(outcome.states.at(-1)?.atMs ?? 0, outcome.finalState);
    write("");
    write(outcomeInWords(outcome));
  });
}

/** The end of a call in a few lines of text. */
export function outcomeInWords(outcome: CallOutcome): string {
  const { endReason, endedBy, because, talkMs, ringMs, sip, media, errors } = outcome;
  const lines = [
    `${endReason}, ended by the ${endedBy}`,
    `  because  ${because.text}`,
    `  ring     ${ringMs === undefined ? "none" : seconds(ringMs)}, talk ${seconds(talkMs)}`,
  ];
  if (sip?.status !== undefined)
    lines.push(`  SIP      ${sip.status} ${sip.phrase ?? ""}`.trimEnd());
  for (const header of sip?.reasonHeaders ?? []) lines.push(`  Reason   ${header}`);
  if (media) lines.push(`  audio    ${audioInWords(media)}`);
  for (const error of errors) lines.push(`  error    ${error.message} (${error.code})`);
  return lines.join("\n");
}

function audioInWords(media: NonNullable<CallOutcome["media"]>): string {
  const { codec, packetsSent, packetsReceived, packetsLost, oneWay } = media;
  const said = oneWay === "nothing_delivered" ? "sent, none ever delivered" : "sent";
  const heard =
    oneWay === "nothing_received"
      ? "nothing ever received"
      : `${packetsReceived} received, ${packetsLost} lost`;
  return `${codec}, ${packetsSent} packets ${said}, ${heard}`;
}

export function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}
