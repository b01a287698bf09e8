import { type AudioCodec, MAX_PACKET_SAMPLES } from "./audio-codec.js";
import { decodeG711, encodeG711, type G711Law } from "./g711.js";

export const pcmu: AudioCodec = g711Codec("PCMU", "mu");
export const pcma: AudioCodec = g711Codec("PCMA", "a");

function g711Codec(name: string, law: G711Law): AudioCodec {
  return {
    name,
    clockRate: 8000,
    sampleRate: 8000,
    createEncoder: () => ({ encode: (samples, into, at) => encodeG711(law, samples, into, at) }),
    createDecoder: () => ({
      samplesIn: (payload) => (payload.length > MAX_PACKET_SAMPLES ? 0 : payload.length),
      decode: (payload, into) => decodeG711(law, payload, into),
    }),
  };
}
