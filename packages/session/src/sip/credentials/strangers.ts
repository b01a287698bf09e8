/** The requests of a call may be challenged after it is over: as many calls are remembered as that may concern. */
const MAX_CALLS = 10_000;

/**
 * The calls, by Call-ID, of callers who are not our trunk. Any of them could challenge what we ask
 * within the call, and try passwords on our answer for as long as it likes.
 */
export class Strangers {
  private readonly calls = new Set<string>();

  add(callId: string): void {
    this.calls.add(callId);
    const [oldest] = this.calls;
    if (this.calls.size > MAX_CALLS && oldest !== undefined) this.calls.delete(oldest);
  }

  has(callId: string): boolean {
    return this.calls.has(callId);
  }
}
