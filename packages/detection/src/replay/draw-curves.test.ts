import { describe, expect, it } from "vitest";
import { drawCurves } from "./draw-curves.js";

const picture = {
  title: "Right & wrong",
  x: { label: "threshold" },
  left: { label: "calls, %", until: 100 },
  right: { label: "wait, s" },
  curves: [
    { name: "wrong", points: [[0.5, 0] as const, [0.9, 100] as const] },
    { name: "wait", axis: "right" as const, points: [[0.5, 2] as const, [0.9, 4] as const] },
  ],
  mark: { x: 0.7, name: "chosen: 0.7" },
};

describe("drawing curves", () => {
  it("labels the axes, the curves and what was chosen", () => {
    const svg = drawCurves(picture);
    for (const words of ["threshold", "calls, %", "wait, s", "wrong", "wait (right axis)"])
      expect(svg).toContain(`>${words}</text>`);
    expect(svg).toContain(">chosen: 0.7</text>");
    expect(svg).toContain("<title>Right &amp; wrong</title>");
  });

  it("places the least at the bottom left and the greatest at the top right", () => {
    const [wrong, wait] = [...drawCurves(picture).matchAll(/<polyline points="([^"]*)"/g)];
    expect(wrong?.[1]).toBe("70,340 650,50");
    expect(wait?.[1]).toBe("70,195 650,50");
  });

  it("draws one point, none, or what is not a number without a NaN", () => {
    for (const points of [[], [[1, 1]], [[1, Number.NaN]]] as const)
      expect(drawCurves({ ...picture, curves: [{ name: "odd", points }] })).not.toMatch(
        /NaN|Infinity/,
      );
  });

  it("lets no name break out of the picture", () => {
    const curves = [{ name: '<script>"', points: [] }];
    expect(drawCurves({ ...picture, curves })).not.toContain("<script");
  });
});
