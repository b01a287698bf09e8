import type { Detector } from "./detector.js";
import { beep } from "./detectors/beep.js";
import { callProgress } from "./detectors/call-progress.js";
import { earlySpeech } from "./detectors/early-speech.js";
import { fax } from "./detectors/fax.js";
import { greeting } from "./detectors/greeting.js";
import { music } from "./detectors/music.js";
import { postConnectVoicemail } from "./detectors/post-connect-voicemail.js";
import { preConnectVoicemail } from "./detectors/pre-connect-voicemail.js";
import { repeatedPrompt } from "./detectors/repeated-prompt.js";
import { screening } from "./detectors/screening.js";
import { silence } from "./detectors/silence.js";
import { specialInformationTone } from "./detectors/special-information-tone.js";

/** The detectors a call has unless somebody says otherwise, with their default options. */
export function defaultDetectors(): Detector[] {
  return [
    preConnectVoicemail(),
    earlySpeech(),
    greeting(),
    postConnectVoicemail(),
    beep(),
    repeatedPrompt(),
    screening(),
    specialInformationTone(),
    callProgress(),
    fax(),
    music(),
    silence(),
  ];
}
