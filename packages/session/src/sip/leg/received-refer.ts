import type { IncomingReferRequest, Session } from "sip.js/lib/core/index.js";
import { messageOf } from "../../errors.js";
import type { Logger } from "../../logger.js";
import type { ReferTarget } from "./refer.js";

/** How long the far side is to expect reports, in seconds; a call that rings longer is given up. */
const SUBSCRIPTION_SECONDS = 180;

export interface ReceivedReferOptions {
  readonly requestId: string;
  readonly request: IncomingReferRequest;
  readonly session: Session;
  readonly contact: string;
  readonly target: ReferTarget;
  /** Not the first of its dialog: its reports must name it (RFC 3515 2.4.6). */
  readonly later: boolean;
  readonly logger: Logger;
}

/** One REFER that we received, and what we tell whoever sent it (RFC 3515 2.4.4). */
export class ReceivedRefer {
  readonly requestId: string;
  readonly target: ReferTarget;
  private readonly options: ReceivedReferOptions;
  /** The far side wants no reports (RFC 4488). */
  private readonly silent: boolean;
  private over = false;

  constructor(options: ReceivedReferOptions) {
    this.options = options;
    this.requestId = options.requestId;
    this.target = options.target;
    const { message } = options.request;
    this.silent = /^\s*false\b/i.test(message.getHeader("refer-sub") ?? "");
  }

  accept(): void {
    const { request, contact } = this.options;
    const extraHeaders = [contact, ...(this.silent ? ["Refer-Sub: false"] : [])];
    request.accept({ statusCode: 202, extraHeaders });
    this.notify(100, "Trying");
  }

  refuse(status: number): void {
    this.over = true;
    this.options.request.reject({
      statusCode: Number.isInteger(status) && status >= 300 && status <= 699 ? status : 603,
    });
  }

  /** A status of 200 or above is the last report. */
  notify(status: number, phrase: string): void {
    if (this.over || this.silent) return;
    const { session, request, later, contact, logger } = this.options;
    this.over = status >= 200;
    const state = this.over
      ? "terminated;reason=noresource"
      : `active;expires=${SUBSCRIPTION_SECONDS}`;
    try {
      session.notify(
        {},
        {
          extraHeaders: [
            `Event: refer${later ? `;id=${request.message.cseq}` : ""}`,
            `Subscription-State: ${state}`,
            contact,
          ],
          body: {
            contentDisposition: "render",
            contentType: "message/sipfrag;version=2.0",
            content: `SIP/2.0 ${status} ${phrase.replace(/[\r\n]+/g, " ")}\r\n`,
          },
        },
      );
    } catch (error) {
      // The far side hung up without waiting for the end of its transfer.
      logger.debug({ error: messageOf(error) }, "a transfer could not be reported");
    }
  }
}
