// #region ring
import { tuneVoicemailRing } from "@offhook/detection";
import { createSipCarrier } from "@offhook/session";

const { voicemailRing, wrong } = tuneVoicemailRing([
  { ringMs: 20_400, voicemail: true },
  { ringMs: 20_900, voicemail: true },
  { ringMs: 6_100, voicemail: false },
  { ringMs: 29_000, voicemail: false },
]);
console.log(voicemailRing, `${wrong} of them wrong`);

export const tuned = createSipCarrier({
  trunk: { uri: "sip:trunk.example.com", profile: { voicemailRing } },
});

// #endregion

import { readFile } from "node:fs/promises";
// #region greeting
import { defaultDetectors, greeting, tuneGreeting } from "@offhook/detection";
import { readWav } from "@offhook/session";

const recording = async (file: string, label: "human" | "machine") => ({
  ...readWav(await readFile(file)),
  label,
});
const { points, best } = tuneGreeting(
  await Promise.all([recording("anna.wav", "human"), recording("mailbox.wav", "machine")]),
  { falseMachineAtMost: 0.02 },
);
console.table(points);

const { machineAtLeast } = best;
export const tunedDetectors = defaultDetectors().map((detector) =>
  detector.name === greeting.detectorName ? greeting({ machineAtLeast }) : detector,
);
// #endregion
