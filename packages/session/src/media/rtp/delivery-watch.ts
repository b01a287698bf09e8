import type { MediaStats } from "../call-audio.js";
import type { ReportBlock } from "./rtcp.js";

type Delivery = NonNullable<MediaStats["delivery"]>;

/** So many reports in a row must say that nothing of ours arrives, over so long, of so many packets. */
const REPORTS = 2;
const LEAST_MS = 4_000;
const LEAST_PACKETS = 100;

/**
 * Whether what we send arrives, by the peer's reports. A receiver has a block for everybody it heard
 * since its report before (RFC 3550 6.4): one without any hears nobody, and one whose highest sequence
 * number stands still hears us no more. Blocks for others alone say nothing: somebody between may have
 * changed our SSRC.
 */
export class DeliveryWatch {
  private isOn = false;
  private known: Delivery | undefined;
  private hasArrived = false;
  private highestSequence = 0;
  private reportsInVain = 0;
  private sinceMs = 0;
  private packetsBefore = 0;

  get delivery(): Delivery | undefined {
    return this.known;
  }

  /**
   * The call was answered. What is reported before that says nothing: some gateways open the way to
   * the callee only then.
   */
  start(packetsSent: number, nowMs: number): void {
    this.isOn = true;
    this.restart(packetsSent, nowMs);
  }

  /** From now on we send, after a pause or by another SSRC: what was reported before is no measure. */
  restart(packetsSent: number, nowMs: number): void {
    this.reportsInVain = 0;
    this.sinceMs = nowMs;
    this.packetsBefore = packetsSent;
  }

  /** Takes a report: the block about us, and whether there was any. */
  note(
    block: ReportBlock | undefined,
    from: { readonly hasBlocks: boolean; readonly packetsSent: number },
    nowMs: number,
  ): void {
    if (block && block.highestSequence !== this.highestSequence) {
      this.highestSequence = block.highestSequence;
      this.hasArrived = true;
      this.known = "arrives";
      this.restart(from.packetsSent, nowMs);
      return;
    }
    if (!this.isOn || (!block && from.hasBlocks)) return;
    this.reportsInVain += 1;
    const isLongEnough = nowMs - this.sinceMs >= LEAST_MS && this.reportsInVain >= REPORTS;
    if (isLongEnough && from.packetsSent - this.packetsBefore >= LEAST_PACKETS)
      this.known = this.hasArrived ? "stopped" : "never_arrived";
  }
}
