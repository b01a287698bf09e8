import { describe, expect, it } from "vitest";
import { ForgetfulMap } from "./forgetful-map.js";
import { LiveSet } from "./live-set.js";

describe("ForgetfulMap", () => {
  it("does what a Map does", () => {
    const map = new ForgetfulMap<string, number>().set("a", 1).set("b", 2).set("a", 3);
    expect(map.size).toBe(2);
    expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([3, 2, undefined]);
    expect([map.has("a"), map.has("c")]).toEqual([true, false]);
    expect([...map]).toEqual([
      ["a", 3],
      ["b", 2],
    ]);
    expect([...map.keys()]).toEqual(["a", "b"]);
    expect([...map.values()]).toEqual([3, 2]);
    const seen: unknown[] = [];
    map.forEach((value, key) => void seen.push([key, value]));
    expect(seen).toEqual([...map.entries()]);
    expect([map.delete("a"), map.delete("a")]).toEqual([true, false]);
    map.clear();
    expect([map.size, map.get("b")]).toEqual([0, undefined]);
  });

  it("may be changed while it is gone through", () => {
    const map = new ForgetfulMap<string, number>().set("a", 1).set("b", 2);
    for (const [key] of map) map.delete(key);
    expect(map.size).toBe(0);
  });
});

describe("LiveSet", () => {
  it("holds what was put in until it is taken out, once", () => {
    const set = new LiveSet<string>();
    const takeOut = set.add("a");
    set.add("b");
    expect([...set]).toEqual(["a", "b"]);
    takeOut();
    takeOut();
    expect([...set]).toEqual(["b"]);
    expect(set.size).toBe(1);
  });
});
