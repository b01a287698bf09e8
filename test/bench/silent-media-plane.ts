import type { AudioFrame, MediaPlane, MediaPort } from "@offhook/session";

/** A plane without sockets or audio, so that a benchmark of signalling measures signalling. */
export function silentMediaPlane(): MediaPlane {
  let port = 30_000;
  return {
    codecs: [{ name: "PCMU", payloadType: 0, clockRate: 8_000 }],
    open({ sampleRate, localAddress }): MediaPort {
      port = port >= 60_000 ? 30_000 : port + 2;
      return new SilentPort(sampleRate, localAddress, port);
    },
    async close() {},
  };
}

/** A class, so that a thousand of them hold nothing that would count as a call's own memory. */
class SilentPort implements MediaPort {
  readonly format: MediaPort["format"];
  readonly local: MediaPort["local"];
  readonly queuedMs = 0;

  constructor(sampleRate: MediaPort["format"]["sampleRate"], address: string, port: number) {
    this.format = { sampleRate, channels: 1 };
    this.local = Promise.resolve({ address, port });
  }

  get incoming(): ReadableStream<AudioFrame> {
    return new ReadableStream<AudioFrame>();
  }

  onFrame(): () => void {
    return nothing;
  }

  async write(): Promise<void> {}

  async mark(): Promise<{ readonly playedMs: number; readonly interrupted: boolean }> {
    return { playedMs: 0, interrupted: false };
  }

  async clear(): Promise<{ readonly playedMs: number }> {
    return { playedMs: 0 };
  }

  pause(): void {}

  resume(): void {}

  async sendDtmf(): Promise<void> {}

  stats(): ReturnType<MediaPort["stats"]> {
    return {
      codec: "PCMU",
      packetsSent: 0,
      packetsReceived: 0,
      packetsLost: 0,
      packetsDropped: 0,
      jitterMs: 0,
    };
  }

  connect(): void {}

  setPhase(): void {}

  close(): void {}
}

function nothing(): void {}
