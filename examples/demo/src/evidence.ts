import type { CallOutcome } from "@offhook/session";

/** One line per call: number, states walked, reason, who ended it, and the evidence in words. */
export function summaryLine(number: string, outcome: CallOutcome): string {
  const walked = outcome.states.map(({ state }) => state).join(" → ");
  return [
    number.padEnd(13),
    outcome.endReason.padEnd(33),
    `by ${outcome.endedBy}`.padEnd(11),
    walked,
    `— ${evidenceInWords(outcome)}`,
  ].join(" ");
}

function evidenceInWords({ because, sip, verdict, errors }: CallOutcome): string {
  const words = [because.text];
  if (sip?.q850 !== undefined) words.push(`Q.850 cause ${sip.q850}.`);
  if (verdict !== undefined)
    words.push(
      `Heard ${verdict.label}, ${Math.round(verdict.confidence * 100)} % (${verdict.evidence[0]?.rule ?? verdict.detector}).`,
    );
  for (const error of errors) words.push(error.message);
  return words.join(" ");
}
