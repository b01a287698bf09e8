import { parseParams } from "../message/header-value.js";
import type { DialogName } from "./refer.js";

/** What a `Replaces` header names (RFC 3891 6.1), as we, who receive it, see that dialog. */
export interface Replaces {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Only while it is not answered yet. */
  readonly earlyOnly: boolean;
}

/** The one `Replaces` of an INVITE; undefined for none, or for what names no dialog. */
export function parseReplaces(values: readonly string[]): Replaces | undefined {
  const [value, second] = values;
  if (value === undefined || second !== undefined) return undefined;
  const [callId = "", ...rest] = value.split(";");
  const params = parseParams(rest.join(";"));
  const localTag = params["to-tag"];
  const remoteTag = params["from-tag"];
  if (!callId.trim() || !localTag || !remoteTag) return undefined;
  const earlyOnly = params["early-only"] !== undefined;
  return { callId: callId.trim(), localTag, remoteTag, earlyOnly };
}

/** So many ended dialogs are remembered: a Replaces may still be on its way to one (RFC 3891 3). */
const MAX_ENDED = 200;

/** The dialogs that ended last. */
export class EndedDialogs {
  private readonly keys = new Set<string>();

  add(name: DialogName): void {
    this.keys.add(keyOf(name));
    const [oldest] = this.keys;
    if (this.keys.size > MAX_ENDED && oldest !== undefined) this.keys.delete(oldest);
  }

  has(name: Replaces): boolean {
    return this.keys.has(keyOf(name));
  }
}

function keyOf(name: Pick<Replaces, "callId" | "localTag" | "remoteTag">): string {
  return [name.callId, name.localTag, name.remoteTag].join("\n");
}
