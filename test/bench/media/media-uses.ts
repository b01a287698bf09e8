import { createPanel, type Detector, defaultDetectors, PowerSpectrum } from "@offhook/detection";
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
  return detectAndSpeak(port, index, defaultDetectors());
}

/** The same once the verdict is final, as it is for most of a call with a person. */
export function talkToAPerson(port: MediaPort, index: number): () => void {
  return detectAndSpeak(port, index, [...defaultDetectors(), personAtOnce]);
}

const personAtOnce: Detector = {
  name: "person-at-once",
  doneOnceFinal: true,
  create: ({ audio, report }) => {
    audio.onHop(() => report({ label: "human", confidence: 0.99, rule: "at-once" }));
    return {};
  },
};

/** As the agents of one runner have it. */
const spectrum = new PowerSpectrum();

function detectAndSpeak(
  port: MediaPort,
  index: number,
  detectors: readonly Detector[],
): () => void {
  const panel = createPanel({
    detectors,
    clock: systemClock(),
    call: { callId: `bench-${index}`, direction: "inbound" },
    onVerdict: () => {},
    spectrum,
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
