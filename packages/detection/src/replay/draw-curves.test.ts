import { describe, expect, it } from "vitest";
import { drawCurves } from "./draw-curves.js";

const picture = {
  title: "Right & wrong",
  x: { label: "threshold" },
  left: { label: "calls, %" },
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
    expect(wrong?.[1]).toBe("70,350 650,60");
    expect(wait?.[1]).toBe("70,205 650,60");
  });

  it("ticks at round numbers, and widens each axis to whole ticks", () => {
    const curves = [{ name: "odd", points: [[0.52, 1.3] as const, [0.93, 13.7] as const] }];
    const labels = [...drawCurves({ ...picture, curves }).matchAll(/>([\d.]+)<\/text>/g)];
    expect(labels.map(([, label]) => label)).toEqual([
      ...["0.5", "0.6", "0.7", "0.8", "0.9", "1"],
      ...["0", "5", "10", "15"],
    ]);
  });

  it("shows on an axis what it is told to, whatever is drawn", () => {
    const left = { label: "calls, %", shows: [100] };
    const [wrong] = [...drawCurves({ ...picture, left }).matchAll(/<polyline points="([^"]*)"/g)];
    expect(wrong?.[1]).toBe("70,350 650,60");
    const curves = [{ name: "few", points: [[0, 0] as const, [1, 1] as const] }];
    expect(drawCurves({ ...picture, left, curves })).toContain("650,347.1");
  });

  it("draws leaps where a curve has steps, and a shade where it may be off", () => {
    const points = [[0, 0] as const, [1, 1] as const];
    const leaping = drawCurves({ ...picture, curves: [{ name: "known", points, steps: true }] });
    expect(leaping).toContain('points="70,350 650,350 650,60"');
    const between = { low: points, high: [[0, 1] as const, [1, 1] as const] };
    const shaded = drawCurves({ ...picture, curves: [{ name: "about", points, between }] });
    expect(shaded).toContain('<polygon points="70,350 650,60 650,60 70,60"');
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
