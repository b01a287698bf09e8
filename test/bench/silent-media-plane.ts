import type { AudioFrame, MediaPlane, MediaPort } from "@offhook/session";

/** A plane without sockets or audio, so that a benchmark of signalling measures signalling. */
export function silentMediaPlane(): MediaPlane {
  let port = 30_000;
  return {
    codecs: [{ name: "PCMU", payloadType: 0, clockRate: 8_000 }],
    open({ sampleRate, localAddress }): MediaPort {
      port = port >= 60_000 ? 30_000 : port + 2;
      const silence = { playedMs: 0 };
      return {
        format: { sampleRate, channels: 1 },
        get incoming() {
          return new ReadableStream<AudioFrame>();
        },
        queuedMs: 0,
        local: Promise.resolve({ address: localAddress, port }),
        onFrame: () => () => {},
        write: async () => {},
        mark: async () => ({ ...silence, interrupted: false }),
        clear: async () => silence,
        pause() {},
        resume() {},
        sendDtmf: async () => {},
        stats: () => ({
          codec: "PCMU",
          packetsSent: 0,
          packetsReceived: 0,
          packetsLost: 0,
          packetsDropped: 0,
          jitterMs: 0,
        }),
        connect() {},
        setPhase() {},
        close() {},
      };
    },
    async close() {},
  };
}
