import type {
  AgreedMedia,
  CodecOffer,
  MediaPlane,
  MediaPort,
  OpenMediaOptions,
} from "../../media/media-plane.js";

export interface FakeMediaPort extends MediaPort {
  readonly options: OpenMediaOptions;
  readonly agreements: AgreedMedia[];
  phase: "early" | "active";
  closed: boolean;
}

export interface FakeMediaPlane extends MediaPlane {
  overloaded: boolean;
  readonly ports: FakeMediaPort[];
}

const codecs: readonly CodecOffer[] = [
  { name: "PCMU", payloadType: 0, clockRate: 8000 },
  { name: "PCMA", payloadType: 8, clockRate: 8000 },
  { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8000, fmtp: "0-16" },
];

/** A media plane without sockets, that remembers what it was told. For tests of signalling. */
export function fakeMediaPlane(): FakeMediaPlane {
  const ports: FakeMediaPort[] = [];
  return {
    ports,
    codecs,
    overloaded: false,
    open(options) {
      const port: FakeMediaPort = {
        options,
        agreements: [],
        phase: "early",
        closed: false,
        format: { sampleRate: options.sampleRate, channels: 1 },
        incoming: new ReadableStream(),
        local: Promise.resolve({
          address: options.localAddress,
          port: 40_000 + 2 * (ports.length % 10_000),
        }),
        queuedMs: 0,
        connect(agreed) {
          port.agreements.push(agreed);
        },
        setPhase(phase) {
          port.phase = phase;
        },
        close() {
          port.closed = true;
        },
        onFrame: () => () => undefined,
        write: async () => undefined,
        mark: async () => ({ playedMs: 0, interrupted: false }),
        clear: async () => ({ playedMs: 0 }),
        pause() {},
        resume() {},
        sendDtmf: async () => undefined,
        stats: () => ({
          codec: port.agreements.at(-1)?.send.name,
          packetsSent: 0,
          packetsReceived: 0,
          packetsLost: 0,
          packetsDropped: 0,
          jitterMs: 0,
        }),
      };
      ports.push(port);
      return port;
    },
    close: async () => {
      for (const port of ports) port.close();
    },
  };
}
