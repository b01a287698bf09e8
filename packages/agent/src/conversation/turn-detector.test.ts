import { virtualClock } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";
import { TurnDetector } from "./turn-detector.js";

function detector() {
  const clock = virtualClock();
  const told: string[] = [];
  const turns = new TurnDetector({
    clock,
    endOfTurnMs: 500,
    transcriptMs: 3_000,
    shortestVoiceMs: 600,
    onTurn: (text) => told.push(`${text}@${clock.nowMs()}`),
    onNoText: (clearlySpoke) => told.push(`${clearlySpoke ? "unheard" : "cough"}@${clock.nowMs()}`),
  });
  const speak = async (ms: number) => {
    turns.onVoice(true);
    await clock.advanceBy(ms);
    turns.onVoice(false);
  };
  return { clock, told, turns, speak };
}

describe("the end of a turn", () => {
  it("comes with silence after the last words", async () => {
    const { clock, told, turns, speak } = detector();
    await speak(1_000);
    turns.onTranscript({ text: "Yes", final: true });
    await clock.advanceBy(300);
    await speak(1_000);
    turns.onTranscript({ text: "please.", final: true });
    await clock.advanceBy(2_000);
    expect(told).toEqual(["Yes please.@2800"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes with the text when the text is late", async () => {
    const { clock, told, turns, speak } = detector();
    await speak(1_000);
    await clock.advanceBy(1_200);
    turns.onTranscript({ text: "Late.", final: true });
    expect(told).toEqual(["Late.@2200"]);
  });

  it("comes at once when the transcriber knows it", () => {
    const { told, turns } = detector();
    turns.onVoice(true);
    turns.onTranscript({ text: "Stop", final: true, endOfTurn: true });
    expect(told).toEqual(["Stop@0"]);
  });

  it("makes do with interim text when no final one comes", async () => {
    const { clock, told, turns, speak } = detector();
    await speak(1_000);
    turns.onTranscript({ text: "may", final: false });
    turns.onTranscript({ text: "maybe", final: false });
    await clock.advanceBy(5_000);
    expect(told).toEqual(["maybe@4000"]);
  });

  it("tells speech without text from a cough", async () => {
    const { clock, told, speak } = detector();
    await speak(200);
    await clock.advanceBy(5_000);
    await speak(1_000);
    await clock.advanceBy(5_000);
    expect(told).toEqual(["cough@3200", "unheard@9200"]);
  });

  it("hears words too soft for voice activity", async () => {
    const { clock, told, turns } = detector();
    turns.onTranscript({ text: "yes", final: true });
    await clock.advanceBy(500);
    expect(told).toEqual(["yes@500"]);
  });

  it("leaves no timer behind when it is closed", async () => {
    const { clock, turns, speak } = detector();
    await speak(300);
    turns.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
