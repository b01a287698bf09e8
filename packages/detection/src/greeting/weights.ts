// Made by test/eval/train-greeting.ts from the train half of the corpus. Do not edit.
import type { GreetingModel } from "./additive-model.js";

export const GREETING_WEIGHTS: GreetingModel = {
  talking: {
    bias: -7.14,
    curves: {
      onsetMs: {
        upTo: [150, 400, 650, 1450, 1550],
        value: [3.27, 2.62, 2.15, 2.13, 1.94, 0],
      },
      firstRunMs: {
        upTo: [500, 900, 1500, 5000, 5500, 5800, 7000],
        value: [0.95, 1.55, 1.83, 2.08, 1.92, 0.91, 0.37, 0],
      },
      lastRunMs: {
        upTo: [2000, 2500],
        value: [0.21, 0.03, 0],
      },
      longestRunMs: {
        upTo: [2000, 3500, 4000, 4500, 4900, 5050, 7500],
        value: [2.49, 2.4, 2.12, 1.9, 1.06, 0.83, 0.25, 0],
      },
      speechMs: {
        upTo: [2300, 3000, 3500, 3950, 4050, 4500, 7950, 10000],
        value: [3.56, 3.51, 3.49, 3.36, 2.8, 2.55, 2.48, 2, 0],
      },
      runs: {
        upTo: [1.5, 2.5],
        value: [-0.08, -0.17, 0],
      },
      longestGapMs: {
        upTo: [1000, 1850],
        value: [-0.59, -0.32, 0],
      },
      utterancesInLastRun: {
        upTo: [2.5, 3.5, 4.5],
        value: [-1.15, -0.93, -0.48, 0],
      },
    },
  },
  pause400: {
    bias: -6.05,
    curves: {
      onsetMs: {
        upTo: [150, 400, 1400, 2200],
        value: [0.85, 0.5, 0.3, -0.08, 0],
      },
      firstRunMs: {
        upTo: [3000, 5450],
        value: [1.53, 1.82, 0],
      },
      lastRunMs: {
        upTo: [500, 1150, 1550, 4450],
        value: [1.88, 1.61, 1.12, 0.06, 0],
      },
      longestRunMs: {
        upTo: [450, 950, 1500, 1650, 3750, 4250, 4550, 5650, 6850],
        value: [2.18, 2.13, 2.07, 2.03, 1.6, 1.41, 1.11, 0.53, 0.37, 0],
      },
      speechMs: {
        upTo: [3700, 4500, 4800, 5550, 6850, 7750, 8250, 9150, 10100],
        value: [3.74, 3.45, 3.21, 3.04, 2.4, 2.09, 1.51, 0.88, 0.53, 0],
      },
      longestGapMs: {
        upTo: [1100, 1300, 1700, 2000, 2500, 3600],
        value: [-0.64, -0.42, 0.12, 0.34, 0.94, 1.02, 0],
      },
      lastGapMs: {
        upTo: [900, 1800],
        value: [-0.59, -0.54, 0],
      },
      utterancesInLastRun: {
        upTo: [1.5, 2.5, 3.5],
        value: [-0.68, -0.62, -0.38, 0],
      },
    },
  },
  pause800: {
    bias: -5.64,
    curves: {
      onsetMs: {
        upTo: [150, 400, 1400, 2350],
        value: [0.75, 0.41, 0.33, -0.32, 0],
      },
      firstRunMs: {
        upTo: [250, 2700, 3100, 5400, 5800, 6350],
        value: [0.03, 0.11, 0.49, 0.57, 0.37, 0.25, 0],
      },
      lastRunMs: {
        upTo: [1150, 1550, 3600],
        value: [1.48, 1.16, 0.15, 0],
      },
      longestRunMs: {
        upTo: [1100, 1600, 4250, 4750, 5300, 5600, 5900],
        value: [3.02, 2.94, 2.57, 2.08, 1.51, 1.22, 0.22, 0],
      },
      speechMs: {
        upTo: [3800, 4450, 4850, 5350, 5700, 6550, 7150, 8100, 9400, 10800],
        value: [4.21, 3.95, 3.51, 2.97, 2.3, 1.94, 1.63, 1.22, 0.49, 0.13, 0],
      },
      runs: {
        upTo: [3.5],
        value: [-0.26, 0],
      },
      longestGapMs: {
        upTo: [1750, 2300, 3800],
        value: [0.32, 1.29, 1.91, 0],
      },
      lastGapMs: {
        upTo: [1400, 1600, 1900],
        value: [-0.88, -0.63, -0.22, 0],
      },
      utterancesInLastRun: {
        upTo: [1.5, 2.5, 3.5],
        value: [-1.01, -0.84, -0.39, 0],
      },
    },
  },
  pause1200: {
    bias: -5.53,
    curves: {
      onsetMs: {
        upTo: [150, 350, 400, 1400, 2350],
        value: [0.61, 0.24, 0.19, 0.09, -0.56, 0],
      },
      firstRunMs: {
        upTo: [2900],
        value: [-0.54, 0],
      },
      lastRunMs: {
        upTo: [1050, 1250, 1500, 4550],
        value: [1.75, 1.51, 1.12, 0.16, 0],
      },
      longestRunMs: {
        upTo: [1550, 4300, 5400, 5700],
        value: [3.4, 3.03, 1.72, 0.56, 0],
      },
      speechMs: {
        upTo: [600, 3700, 4400, 4850, 5350, 5700, 6550, 7200],
        value: [4.22, 4.27, 4, 3.75, 2.93, 2.03, 1.66, 0.76, 0],
      },
      runs: {
        upTo: [3.5],
        value: [-0.37, 0],
      },
      longestGapMs: {
        upTo: [1700, 1950, 2250, 3800],
        value: [0.84, 1.21, 1.41, 1.91, 0],
      },
      lastGapMs: {
        upTo: [1000, 1450, 1600, 1900],
        value: [-1.32, -1.28, -1.02, -0.27, 0],
      },
      utterancesInLastRun: {
        upTo: [1.5, 2.5],
        value: [-0.61, -0.29, 0],
      },
    },
  },
  pause2000: {
    bias: -6.08,
    curves: {
      onsetMs: {
        upTo: [150, 250, 1400, 2350],
        value: [0.8, 0.71, 0.47, -0.12, 0],
      },
      firstRunMs: {
        upTo: [2300, 2900],
        value: [-1, -0.77, 0],
      },
      lastRunMs: {
        upTo: [1000, 1100, 1200, 1450, 4300],
        value: [2.65, 2.59, 2.33, 1.6, 0.52, 0],
      },
      longestRunMs: {
        upTo: [1050, 1550, 4550, 5150, 5600],
        value: [3.03, 2.83, 2.12, 1.58, 1.16, 0],
      },
      speechMs: {
        upTo: [3400, 3700, 4450, 5000, 5550, 6000, 6600, 7200],
        value: [5.59, 5.37, 5.32, 4.69, 3.31, 2.31, 1.61, 1.32, 0],
      },
      longestGapMs: {
        upTo: [2250, 3800],
        value: [0.31, 1.18, 0],
      },
      lastGapMs: {
        upTo: [1600, 1900],
        value: [-1.39, -0.5, 0],
      },
      utterancesInLastRun: {
        upTo: [1.5, 2.5],
        value: [-0.77, -0.08, 0],
      },
    },
  },
  pause3000: {
    bias: -4.57,
    curves: {
      onsetMs: {
        upTo: [1400],
        value: [0.67, 0],
      },
      firstRunMs: {
        upTo: [1300, 2200, 2700],
        value: [-1.63, -1.52, -0.69, 0],
      },
      lastRunMs: {
        upTo: [1050, 1150, 1400, 1650, 4650],
        value: [3.87, 3.08, 2.26, 1.72, 0.81, 0],
      },
      longestRunMs: {
        upTo: [900, 1000, 1450, 1600, 4400, 5350],
        value: [4.7, 3.31, 2.52, 1.9, 1.54, 1.38, 0],
      },
      speechMs: {
        upTo: [3600, 4550, 5050, 5550, 5800, 6750],
        value: [5.15, 4.93, 4.02, 2.17, 1.77, 0.94, 0],
      },
      longestGapMs: {
        upTo: [2300, 2800],
        value: [-1.46, -0.56, 0],
      },
      lastGapMs: {
        upTo: [1700],
        value: [-0.76, 0],
      },
      utterancesInLastRun: {
        upTo: [1.5, 2.5],
        value: [-0.84, -0.08, 0],
      },
    },
  },
};
