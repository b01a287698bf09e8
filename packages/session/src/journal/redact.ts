import type { CallInput } from "../call/call-input.js";
import type { CallSignal, RetargetEvidence, TransferRequest, Verdict } from "../vocabulary.js";

/** What stands where something private stood. */
export const REDACTED = "[redacted]";

/** Inputs of a verdict that quote what was said. */
const quotes: readonly string[] = ["text", "phrase", "transcript", "heard"];

/**
 * Takes out what people said, wrote, typed and are called by: transcripts, texts, keys, the numbers
 * in Diversion, History-Info and REFER. Nothing that decides how a call ends is private, so the journal still replays to
 * the same reason.
 */
export function redactInput(input: CallInput): CallInput {
  switch (input.type) {
    case "user_turn":
      return input.text === undefined ? input : { ...input, text: REDACTED };
    case "verdict":
      return { ...input, verdict: redactVerdict(input.verdict) };
    case "signal":
      return { ...input, signal: redactSignal(input.signal) };
    default:
      return input;
  }
}

function redactVerdict(verdict: Verdict): Verdict {
  const evidence = verdict.evidence.map((line) => ({
    ...line,
    inputs: Object.fromEntries(
      Object.entries(line.inputs).map(([name, value]) => [
        name,
        quotes.includes(name) ? REDACTED : value,
      ]),
    ),
  }));
  return { ...verdict, evidence };
}

function redactSignal(signal: CallSignal): CallSignal {
  switch (signal.type) {
    case "dtmf":
      return { ...signal, digit: REDACTED };
    case "provisional":
    case "rejected":
      return { ...signal, response: redactRetarget(signal.response) } as CallSignal;
    case "text":
      return { ...signal, body: REDACTED };
    case "transfer_request":
      return { ...signal, request: redactRequest(signal.request) };
    case "answered":
      return { ...signal, answer: redactRetarget(signal.answer) };
    default:
      return signal;
  }
}

function redactRequest({ referredBy, ...request }: TransferRequest): TransferRequest {
  const hidden = referredBy === undefined ? {} : { referredBy: REDACTED };
  return { ...request, ...hidden, target: REDACTED };
}

function redactRetarget<Response extends { readonly retarget?: RetargetEvidence }>(
  response: Response,
): Response {
  if (!response.retarget) return response;
  const { diversion, historyInfo, toVoicemail } = response.retarget;
  const hidden = (headers: readonly string[]) => headers.map(() => REDACTED);
  return {
    ...response,
    retarget: { diversion: hidden(diversion), historyInfo: hidden(historyInfo), toVoicemail },
  };
}
