import { readdirSync, readFileSync } from "node:fs";
import { seededRandom } from "@offhook/session";
import { describe, expect, it } from "vitest";
import { RtpLeg } from "../../packages/session/src/media/rtp/rtp-leg.js";
import { likeness } from "../../packages/session/src/media/testing/correlation.js";
import { sweep } from "../../packages/session/src/media/testing/plane-fixture.js";
import { VirtualLine } from "../../packages/session/src/media/testing/virtual-line.js";
import { corpusFor, individual } from "./corpus.js";
import { openTarget } from "./harness.js";
import { fuzzMedia } from "./media.js";
import { mutate, shrink } from "./mutate.js";

const kept = new URL("./kept/", import.meta.url);
const files = readdirSync(kept).filter((name) => name.endsWith(".sip"));

describe("inputs that once did harm", () => {
  it("do none any more", async () => {
    const target = await openTarget(seededRandom(1));
    for (const name of files) {
      const text = readFileSync(new URL(name, kept), "latin1");
      expect([name, target.feed(text)]).toEqual([name, undefined]);
    }
    expect(target.isAlive()).toBe(true);
    await target.close();
  });

  it("and neither do 2,000 fresh ones", async () => {
    const random = seededRandom(2);
    const target = await openTarget(random);
    const corpus = corpusFor(target.invite, target.dialog);
    for (let run = 0; run < 2_000; run++)
      expect(
        target.feed(mutate(individual(corpus[run % corpus.length] ?? "", run), corpus, random)),
      ).toBe(undefined);
    expect(target.isAlive()).toBe(true);
    await target.close();
  });
});

describe("mutated media", () => {
  it("does no harm to calls, and none that lasts to what is heard", () => {
    expect(fuzzMedia({ RtpLeg, VirtualLine, likeness, sweep }, 6_000, 5)).toEqual([]);
  });
});

describe("shrink", () => {
  it("leaves only what is needed to fail", () => {
    expect(shrink("hello BAD world", (text) => text.includes("BAD"))).toBe("BAD");
  });
});
