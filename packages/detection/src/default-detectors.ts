import type { Detector } from "./detector.js";
import { humanHello } from "./detectors/human-hello.js";
import { postConnectVoicemail } from "./detectors/post-connect-voicemail.js";
import { preConnectVoicemail } from "./detectors/pre-connect-voicemail.js";

/** The detectors a call has unless somebody says otherwise, with their default options. */
export function defaultDetectors(): Detector[] {
  return [preConnectVoicemail(), humanHello(), postConnectVoicemail()];
}
