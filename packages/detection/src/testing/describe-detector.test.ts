import { describe, it } from "vitest";
import { defaultDetectors } from "../default-detectors.js";
import { describeDetector } from "./describe-detector.js";

for (const detector of defaultDetectors()) describeDetector({ describe, it }, () => detector);
