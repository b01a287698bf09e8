// Any other speech-to-speech vendor, by the same small port. This one does not exist: it takes and
// gives raw 16-bit PCM at 16 kHz in binary frames, and JSON for everything else.
import type { RealtimeConnection, RealtimeListener, RealtimeModel } from "@offhook/agent";
import { type AudioFrame, Resampler } from "@offhook/session";
import { WebSocket } from "ws";

const VENDOR_RATE = 16_000;

export function madeUpVendor(options: { readonly url: string }): RealtimeModel {
  return {
    connect(listener, call): RealtimeConnection {
      const socket = new WebSocket(options.url);
      const up = new Resampler(call.sampleRate, VENDOR_RATE);
      const tell = (message: object) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
      };
      let answer = 0;
      socket.on("open", () => tell({ hello: call.callId, tools: call.tools }));
      socket.on("message", (data, isBinary) => {
        if (isBinary && Buffer.isBuffer(data))
          return listener.onAudio(String(answer), frameOf(data));
        answer = onMessage(String(data), listener, answer);
      });
      // A close follows every error. After close() nobody listens any more.
      socket.on("error", () => {});
      socket.on("close", () => listener.onFailure(new Error("the vendor's socket closed")));
      return {
        send(frame) {
          if (socket.readyState !== WebSocket.OPEN) return;
          const samples = new Int16Array(up.maxOutput(frame.data.length));
          const length = up.process(frame.data, samples);
          socket.send(Buffer.from(samples.buffer, 0, length * 2));
        },
        truncate: (answerId, playedMs) => tell({ heard: { answer: answerId, ms: playedMs } }),
        answerTool: (callId, result) => tell({ result: { id: callId, json: result } }),
        close: () => socket.close(),
      };
    },
  };
}

/** One JSON message; returns which answer the audio after it belongs to. */
function onMessage(json: string, listener: RealtimeListener, answer: number): number {
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(json);
  } catch (thrown) {
    listener.onFault(thrown);
    return answer;
  }
  if (typeof message["speaking"] === "boolean") listener.onUserSpeech(message["speaking"]);
  if (typeof message["heard"] === "string")
    listener.onTurn({ role: "user", text: message["heard"] });
  if (typeof message["says"] === "string")
    listener.onTurn({ role: "agent", text: message["says"] }, String(answer));
  if (message["done"] !== true) return answer;
  listener.onAudioEnd(String(answer));
  return answer + 1;
}

function frameOf(bytes: Buffer): AudioFrame {
  const data = new Int16Array(bytes.length >> 1);
  for (let index = 0; index < data.length; index++) data[index] = bytes.readInt16LE(index * 2);
  return { data, sampleRate: VENDOR_RATE, channels: 1, samplesPerChannel: data.length };
}
