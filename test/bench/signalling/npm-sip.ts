// The little of the untyped npm package `sip` that the benchmark uses.
import { createRequire } from "node:module";

export interface SipMessage {
  readonly method?: string;
  readonly status?: number;
  readonly headers: Record<string, unknown> & {
    readonly to: { readonly uri: string; readonly params: { tag?: string } };
    readonly "call-id": string;
    readonly contact?: readonly { readonly uri: string }[];
  };
  content?: string;
}

export interface NpmSip {
  start(
    options: {
      readonly address: string;
      readonly publicAddress: string;
      readonly port: number;
      readonly tcp: false;
    },
    onRequest: (request: SipMessage) => void,
  ): void;
  stop(): void;
  send(message: object, onResponse?: (response: SipMessage) => void): void;
  makeResponse(request: SipMessage, status: number, reason: string): SipMessage;
}

export const sip = createRequire(import.meta.url)("sip") as NpmSip;

export const SDP =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
