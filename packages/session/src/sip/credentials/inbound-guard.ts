import { BlockList, isIP } from "node:net";
import type { Clock } from "../../clock.js";
import { OffhookError } from "../../errors.js";

export interface InboundLimits {
  /** Addresses and networks that may call: `192.0.2.1`, `198.51.100.0/24`, `2001:db8::/32`. */
  readonly allow?: readonly string[];
  /** Calls up at once; one more is answered 486. */
  readonly maxCalls?: number;
  /** New calls in any one second; one more is answered 503 with Retry-After. */
  readonly maxCallsPerSecond?: number;
}

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const RETRY_AFTER_SECONDS = 5;

/** Who may call us, and how much at once. */
export class InboundGuard {
  private readonly limits: InboundLimits;
  private readonly clock: Clock;
  private readonly allowed: BlockList | undefined;
  /** When the latest calls came, at most `maxCallsPerSecond` of them. */
  private readonly recentMs: number[] = [];

  /** @throws INVALID_OPTION */
  constructor(limits: InboundLimits, clock: Clock) {
    this.limits = limits;
    this.clock = clock;
    this.allowed = limits.allow === undefined ? undefined : blockList(limits.allow);
  }

  /** Whether requests from this address are looked at at all; others are dropped without a word. */
  admits(address: string): boolean {
    if (!this.allowed) return true;
    return this.allowed.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  }

  /** Why one more call cannot be taken now; undefined when it can. */
  refusal(callsUp: number): Refusal | undefined {
    const { maxCalls, maxCallsPerSecond } = this.limits;
    if (maxCalls !== undefined && callsUp >= maxCalls) return { status: 486 };
    if (maxCallsPerSecond === undefined) return undefined;
    const nowMs = this.clock.nowMs();
    while (this.recentMs[0] !== undefined && nowMs - this.recentMs[0] >= 1_000)
      this.recentMs.shift();
    if (this.recentMs.length >= maxCallsPerSecond)
      return { status: 503, headers: { "Retry-After": String(RETRY_AFTER_SECONDS) } };
    this.recentMs.push(nowMs);
    return undefined;
  }
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix] = entry.split("/");
    const family = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix);
    const widest = family === 6 ? 128 : 32;
    const wrong = bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= widest);
    if (family === 0 || wrong)
      throw new OffhookError("INVALID_OPTION", `"${entry}" is no address or network.`, {
        remedy: "Write 192.0.2.1, 198.51.100.0/24 or 2001:db8::/32.",
      });
    const type = family === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, type);
    else list.addSubnet(address, bits, type);
  }
  return list;
}
