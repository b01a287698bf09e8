import { createPanel, defaultDetectors } from "@offhook/detection";
import { type MediaPort, systemClock } from "@offhook/session";
import { loadClip } from "@offhook/session/testing";

/** Nobody listens to what is heard, and silence is sent. */
export function leaveAlone(): () => void {
  return () => {};
}

/** Someone listens. */
export function listen(port: MediaPort): () => void {
  return port.onFrame(() => {});
}

/** What a call with an agent has: every default detector listens, and the agent speaks. */
export function listenDetectAndSpeak(port: MediaPort, index: number): () => void {
  const panel = createPanel({
    detectors: defaultDetectors(),
    clock: systemClock(),
    call: { callId: `bench-${index}`, direction: "inbound" },
    onVerdict: () => {},
  });
  port.setPhase("active");
  const stop = port.onFrame((frame) => panel.onFrame(frame));
  const speech = loadClip("reminder");
  let speaking = true;
  const speak = async () => {
    while (speaking) await port.write(speech);
  };
  // The end of the call ends the speech.
  speak().catch(() => {});
  return () => {
    speaking = false;
    stop();
    panel.close();
  };
}
