/** One direction of one stream; keeps whatever state the codec has between frames. */
export interface AudioEncoder {
  /** Codes one packet's samples into `into`, from `at` on; returns the bytes written. */
  encode(samples: Int16Array, into: Uint8Array, at?: number): number;
  /** How much of what it codes gets lost on its way, 0 to 1: some codecs can provide for it. */
  expectLoss?(rate: number): void;
}

export interface AudioDecoder {
  /** Length of a payload in samples at the codec's rate; 0 when it cannot be one. */
  samplesIn(payload: Uint8Array): number;
  /** Decodes into `into`, which holds `samplesIn`; returns the samples written, 0 when it is broken. */
  decode(payload: Uint8Array, into: Int16Array): number;
  /**
   * Makes up what a lost packet held, as the codec itself would have it; returns the samples written,
   * at most as many as the packet before had, 0 when nothing came before. Absent where a codec knows
   * nothing better than repeating what was heard.
   */
  conceal?(into: Int16Array): number;
  /**
   * Nothing was lost after all: the next packet was coded right after the last one that came. Only for
   * codecs whose packets go on from one another, and that `conceal`.
   */
  goOn?(): void;
  /** The next packet is another sender's first. For the same codecs. */
  restart?(): void;
}

/** A codec as offhook knows it, whatever payload type it goes by. */
export interface AudioCodec {
  /** Encoding name in upper case, as in SDP. */
  readonly name: string;
  /** The RTP clock (RFC 3551), which is not the sample rate for G.722. */
  readonly clockRate: number;
  /** Samples per second of the audio it codes. */
  readonly sampleRate: number;
  /** The only lengths of packets that it can make, in ms and rising; any length when absent. */
  readonly packetsMs?: readonly number[];
  /** `fmtp` is what the receiver said of itself in SDP. */
  createEncoder(fmtp?: string): AudioEncoder;
  createDecoder(): AudioDecoder;
}

/** More than any packet holds: 120 ms at 48 kHz. */
export const MAX_PACKET_SAMPLES = 5760;
