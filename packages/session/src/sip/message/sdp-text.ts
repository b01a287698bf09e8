import { type MediaDescription, parse, type SessionDescription } from "sdp-transform";

/** The SDP of one message, read when it is first looked at, and once however many look. */
export class SdpText {
  readonly text: string;
  private read: { readonly description: SessionDescription | undefined } | undefined;

  static of(sdp: string | SdpText): SdpText {
    return typeof sdp === "string" ? new SdpText(sdp) : sdp;
  }

  constructor(text: string) {
    this.text = text;
  }

  /** Undefined when it is none, or has a stream that cannot be made sense of. */
  get description(): SessionDescription | undefined {
    this.read ??= { description: parseSdp(this.text) };
    return this.read.description;
  }
}

/** `m=audio 49170/2 …`: ports in a row (RFC 8866 5.14), of which the first is the audio's. */
const portCount = /^(m=\S+ \d+)\/\d+(?= )/gm;

function parseSdp(text: string): SessionDescription | undefined {
  if (!/^v=0\s/m.test(text)) return undefined;
  try {
    const parsed = parse(text.replace(portCount, "$1"));
    const whole = Array.isArray(parsed.media) && parsed.media.every(isWhole);
    return whole ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** A stream as far as we read it; sdp-transform leaves out what it cannot make sense of. */
function isWhole(media: MediaDescription): boolean {
  return (
    typeof media.type === "string" &&
    typeof media.port === "number" &&
    typeof media.protocol === "string" &&
    media.rtp.every(
      ({ payload, codec }) => typeof payload === "number" && typeof codec === "string",
    ) &&
    media.fmtp.every(({ payload }) => typeof payload === "number")
  );
}
