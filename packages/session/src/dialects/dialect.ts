import { toCallr } from "./callr.js";
import { type MessengerOptions, toMessenger } from "./messenger.js";
import { toRecho } from "./recho.js";
import { toRetell } from "./retell.js";
import type { CallView, Translation } from "./translation.js";
import { toUnpod } from "./unpod.js";

export type DialectName = "unpod" | "callr" | "recho" | "messenger" | "retell";

/** A dialect as a list shows it: its values in one line of text. */
export interface Dialect {
  readonly title: string;
  /** What the text consists of. */
  readonly shows: string;
  tell(call: CallView, options?: MessengerOptions): Translation<string>;
}

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  unpod: {
    title: "Unpod",
    shows: "end_reason (state, status)",
    tell: (call, options) =>
      inWords(
        toUnpod(call, options),
        ({ endReason, state, status }) =>
          `${endReason === null ? "" : `${endReason} `}(${state ?? "no state"}, ${status})`,
      ),
  },
  callr: {
    title: "CALLR",
    shows: "STATUS/SUB-STATUS, result code",
    tell: (call, options) =>
      inWords(toCallr(call, options), (told) =>
        told ? [told.status, told.resultCode].filter(Boolean).join(", ") : "no status yet",
      ),
  },
  recho: {
    title: "Recho",
    shows: "callStatus (eventType)",
    tell: (call, options) =>
      inWords(
        toRecho(call, options),
        ({ callStatus, eventType }) => `${callStatus} (${eventType})`,
      ),
  },
  messenger: {
    title: "Messenger",
    shows: "status",
    tell: (call, options) => toMessenger(call, options),
  },
  retell: {
    title: "Retell",
    shows: "disconnection reason (call status)",
    tell: (call, options) =>
      inWords(
        toRetell(call, options),
        ({ callStatus, disconnectionReason }) =>
          `${disconnectionReason === null ? "" : `${disconnectionReason} `}(${callStatus})`,
      ),
  },
};

export function isDialectName(name: string): name is DialectName {
  return Object.hasOwn(DIALECTS, name);
}

function inWords<Value>(
  { value, exact }: Translation<Value>,
  text: (value: Value) => string,
): Translation<string> {
  return { value: text(value), exact };
}
