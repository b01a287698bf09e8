/** The media thread: RTP sockets, the RTP clock, codecs and playout, out of reach of a busy main thread. */
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { systemRandom } from "../../random.js";
import { openSockets } from "../socket/open-sockets.js";
import { MediaEngine } from "./media-engine.js";
import type { Command, ThreadSettings } from "./worker-protocol.js";

if (!parentPort) throw new Error("media-worker runs as a worker thread only");
const port = parentPort;
const random = systemRandom();
const { sockets }: ThreadSettings = workerData;

try {
  // On Linux this is for the calling thread alone: the rest of the process stays as it is.
  if (process.platform === "linux") setPriority(0, constants.priority.PRIORITY_HIGH);
} catch {
  // Not allowed to: the clock then competes with everything else on the machine.
}

const engine = new MediaEngine({
  post: (batch, transfer) => port.postMessage(batch, transfer),
  random: () => random.unit(),
  sockets: openSockets(sockets),
});
process.once("exit", () => engine.abandon());

port.on("message", (commands: readonly Command[]) => {
  engine.run(commands);
  if (!commands.some((command) => command.type === "shut_down")) return;
  // With its port closed and its sockets gone, nothing keeps the thread.
  void engine.shutDown().then(() => port.close());
});
