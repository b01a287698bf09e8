/** What Asterisk's answering-machine application would say; our own implementation of its rules. */
export type AsteriskVerdict = "human" | "machine" | "notsure";

/** Its documented defaults, in ms; the level is the mean magnitude of a 16-bit sample. */
export const ASTERISK_DEFAULTS = {
  initialSilenceMs: 2_500,
  greetingMs: 1_500,
  afterGreetingSilenceMs: 800,
  totalAnalysisMs: 5_000,
  minimumWordMs: 100,
  betweenWordsMs: 50,
  maximumWords: 2,
  maximumWordMs: 5_000,
  silenceLevel: 256,
} as const;

/** Judges 20 ms frames one by one; `undefined` until it has made up its mind. */
export class AsteriskRules {
  private readonly rules = ASTERISK_DEFAULTS;
  private heardMs = 0;
  private silenceMs = 0;
  private voiceMs = 0;
  private runMs = 0;
  private words = 0;
  private inWord = false;
  private inGreeting = false;

  push(frame: Int16Array): AsteriskVerdict | undefined {
    const { rules } = this;
    const frameMs = frame.length / 8;
    this.heardMs += frameMs;
    let sum = 0;
    for (let index = 0; index < frame.length; index++) sum += Math.abs(frame[index] as number);
    const verdict =
      sum / frame.length < rules.silenceLevel ? this.silent(frameMs) : this.voiced(frameMs);
    if (verdict) return verdict;
    return this.heardMs >= rules.totalAnalysisMs ? "notsure" : undefined;
  }

  private silent(frameMs: number): AsteriskVerdict | undefined {
    const { rules } = this;
    this.silenceMs += frameMs;
    if (this.silenceMs < rules.betweenWordsMs) return undefined;
    this.inWord = false;
    this.voiceMs = 0;
    this.runMs = 0;
    if (!this.inGreeting) return this.silenceMs >= rules.initialSilenceMs ? "machine" : undefined;
    return this.silenceMs >= rules.afterGreetingSilenceMs ? "human" : undefined;
  }

  private voiced(frameMs: number): AsteriskVerdict | undefined {
    const { rules } = this;
    this.silenceMs = 0;
    this.voiceMs += frameMs;
    this.runMs += frameMs;
    if (this.voiceMs >= rules.minimumWordMs && !this.inWord) {
      this.inWord = true;
      this.inGreeting = true;
      this.words++;
    }
    if (this.runMs >= rules.maximumWordMs || this.words > rules.maximumWords) return "machine";
    return this.inGreeting && this.voiceMs >= rules.greetingMs ? "machine" : undefined;
  }
}

/** The verdict on a whole recording, and when it fell. */
export function judgeByAsteriskRules(samples: Int16Array): {
  readonly verdict: AsteriskVerdict;
  readonly atMs: number;
} {
  const rules = new AsteriskRules();
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    const verdict = rules.push(samples.subarray(at, at + 160));
    if (verdict) return { verdict, atMs: at / 8 + 20 };
  }
  return { verdict: "notsure", atMs: samples.length / 8 };
}
