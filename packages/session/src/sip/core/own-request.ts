import {
  type Body,
  OutgoingRequestMessage,
  type OutgoingRequestMessageOptions,
  type URI,
} from "sip.js/lib/core/index.js";
import { UNTAGGED } from "../message/evidence.js";
import { plainName, sipjsName } from "../message/header-names.js";

/** How a 2xx to this INVITE of ours is acknowledged. */
export function ackOptions(invite: OutgoingRequestMessage | undefined): { extraHeaders: string[] } {
  return { extraHeaders: invite instanceof OwnRequest ? invite.credentialLines : [] };
}

/** A request of ours as sip.js handles it, written and read without its detours. */
export class OwnRequest extends OutgoingRequestMessage {
  /** A fresh branch from the owner of the core; undefined where sip.js's own will do. */
  readonly drawBranch: () => string | undefined;
  private readonly closingLines: readonly string[];

  constructor(
    drawBranch: () => string | undefined,
    method: string,
    requestUri: URI,
    fromUri: URI,
    toUri: URI,
    options: OutgoingRequestMessageOptions,
    extraHeaders?: string[],
    body?: Body,
  ) {
    super(method, requestUri, fromUri, toUri, options, extraHeaders, body);
    this.drawBranch = drawBranch;
    if (options.toTag === UNTAGGED) this.setHeader("to", `<${toUri.toRaw()}>`);
    const { optionTags = [], userAgentString = "" } = options;
    this.closingLines = [`Supported: ${optionTags.join(", ")}`, `User-Agent: ${userAgentString}`];
  }

  /** sip.js draws the branch of a 2xx's ACK from 10^7 values, beside where it draws all others. */
  override setViaHeader(branch: string, transport: string): void {
    const own = this.method === "ACK" ? this.drawBranch() : undefined;
    super.setViaHeader(own ?? branch, transport);
  }

  override setHeader(name: string, value: string | string[]): void {
    this.headers[sipjsName(name)] = Array.isArray(value) ? value : [value];
  }

  override getHeader(name: string): string | undefined {
    return this.getHeaders(name)[0];
  }

  override getHeaders(name: string): string[] {
    const values = this.headers[sipjsName(name)];
    if (values) return [...values];
    const plain = plainName(name);
    return this.extraHeaders.flatMap((line) => {
      const colon = line.indexOf(":");
      return plainName(line.slice(0, colon)) === plain ? [line.slice(colon + 1).trim()] : [];
    });
  }

  override hasHeader(name: string): boolean {
    return this.getHeaders(name).length > 0;
  }

  override toString(): string {
    const lines = [`${this.method} ${this.ruri.toRaw()} SIP/2.0`];
    for (const name in this.headers)
      for (const value of this.headers[name] ?? []) lines.push(`${name}: ${value}`);
    for (const line of this.extraHeaders) lines.push(line.trim());
    lines.push(...this.closingLines);
    const { body, contentType } = this.body ?? {};
    const content = body && contentType ? body : "";
    if (content) lines.push(`Content-Type: ${contentType}`);
    lines.push(`Content-Length: ${Buffer.byteLength(content)}`, "", content);
    return lines.join("\r\n");
  }

  /** The lines with which it proved who we are; the ACK of its 2xx has the same (RFC 3261 13.2.2.4). */
  get credentialLines(): string[] {
    return ["Authorization", "Proxy-Authorization"].flatMap((name) =>
      (this.headers[name] ?? []).map((value) => `${name}: ${value}`),
    );
  }

  /** Keeps no more than what names the call: nobody will ask for the rest. */
  forgetContent(): void {
    Object.assign(this, { headers: {}, extraHeaders: [], body: undefined });
  }
}
