import { axisScale } from "./axis-scale.js";

export interface Axis {
  /** With the unit, as it is to be read. */
  readonly label: string;
  /** The axis shows at least these values, whatever is drawn. */
  readonly shows?: readonly number[];
}

type Point = readonly [x: number, y: number];

export interface Curve {
  readonly name: string;
  /** What is not finite is left out. */
  readonly points: readonly Point[];
  /** Which axis it is measured on. Default `left`. */
  readonly axis?: "left" | "right";
  /** How far off it may be: a shade from the one to the other, of as many points. */
  readonly between?: { readonly low: readonly Point[]; readonly high: readonly Point[] };
  /** From one point to the next it stays as it is, and then leaps. */
  readonly steps?: boolean;
}

export interface CurvesToDraw {
  readonly title: string;
  readonly x: Axis;
  readonly left: Axis;
  /** Drawn only when a curve is measured on it. */
  readonly right?: Axis;
  readonly curves: readonly Curve[];
  /** An upright line with its name: what was chosen. */
  readonly mark?: { readonly x: number; readonly name: string };
}

const WIDTH = 720;
const PLOT = { left: 70, right: 650, top: 60, bottom: 350 } as const;
const LEGEND_TOP = 420;
const LEGEND_LINE = 20;
/** Up to so many points are marked each: what was measured, and what is but a line between. */
const MOST_DOTS = 24;
/** Apart for eyes that do not tell red from green, and by their dashes without any colour. */
const STROKES = [
  { colour: "#0072b2", dash: "none" },
  { colour: "#d55e00", dash: "8 4" },
  { colour: "#009e73", dash: "2 3" },
  { colour: "#555555", dash: "10 3 2 3" },
] as const;

/** Curves over one shared axis as an SVG document: axes, labels and legend, and no script. */
export function drawCurves(picture: CurvesToDraw): string {
  const curves = picture.curves.map((curve, index) => ({
    ...curve,
    axis: curve.axis ?? "left",
    points: curve.points.filter(isFinitePoint),
    ...(STROKES[index % STROKES.length] as (typeof STROKES)[number]),
  }));
  const measuredOn = (axis: "left" | "right") =>
    curves
      .filter((curve) => curve.axis === axis)
      .flatMap(({ points, between }) => [...points, ...(between?.high ?? [])])
      .map(([, y]) => y);
  const xs = curves.flatMap(({ points }) => points.map(([x]) => x));
  const across = axisScale([...xs, ...(picture.x.shows ?? [])], PLOT.left, PLOT.right);
  const upright = (axis: Axis | undefined, values: readonly number[]) =>
    axisScale([0, ...values, ...(axis?.shows ?? [])], PLOT.bottom, PLOT.top);
  const up = {
    left: upright(picture.left, measuredOn("left")),
    right: upright(picture.right, measuredOn("right")),
  };
  const hasRight = curves.some(({ axis }) => axis === "right");
  const height = LEGEND_TOP + curves.length * LEGEND_LINE + 10;

  const drawn = curves.flatMap(
    ({ name, axis, points, between, steps = false, colour, dash }, index) => {
      const place = ([x, y]: Point): Point => [round(across.place(x)), round(up[axis].place(y))];
      const placed = points.map(place);
      const legendY = LEGEND_TOP + index * LEGEND_LINE;
      const stroke = `fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"`;
      const shade = between
        ? [...between.low, ...between.high.toReversed()].filter(isFinitePoint).map(place)
        : [];
      return [
        ...(shade.length > 0
          ? [`<polygon points="${shade.join(" ")}" fill="${colour}" opacity="0.12"/>`]
          : []),
        `<polyline points="${(steps ? asSteps(placed) : placed).join(" ")}" ${stroke}/>`,
        ...(placed.length <= MOST_DOTS && !steps
          ? placed.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`)
          : []),
        `<line x1="${PLOT.left}" y1="${legendY}" x2="${PLOT.left + 40}" y2="${legendY}" ${stroke}/>`,
        text(PLOT.left + 50, legendY + 4, axis === "right" ? `${name} (right axis)` : name),
      ];
    },
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" fill="#222222" role="img">`,
    `<title>${escaped(picture.title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(WIDTH / 2, 24, picture.title, 'text-anchor="middle" font-size="15"'),
    ...across.ticks.flatMap(({ at, label }) => [
      line(round(at), PLOT.bottom, round(at), PLOT.bottom + 5, "#222222"),
      text(round(at), PLOT.bottom + 20, label, 'text-anchor="middle"'),
    ]),
    ...up.left.ticks.flatMap(({ at, label }) => [
      line(PLOT.left, round(at), PLOT.right, round(at), "#dddddd"),
      text(PLOT.left - 8, round(at) + 4, label, 'text-anchor="end"'),
    ]),
    ...(hasRight
      ? up.right.ticks.map(({ at, label }) => text(PLOT.right + 8, round(at) + 4, label))
      : []),
    line(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, "#222222"),
    line(PLOT.left, PLOT.top, PLOT.left, PLOT.bottom, "#222222"),
    ...(hasRight ? [line(PLOT.right, PLOT.top, PLOT.right, PLOT.bottom, "#222222")] : []),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 42, picture.x.label, 'text-anchor="middle"'),
    onItsSide(18, picture.left.label),
    ...(hasRight && picture.right ? [onItsSide(WIDTH - 12, picture.right.label)] : []),
    ...(picture.mark ? marked(across.place(picture.mark.x), picture.mark.name) : []),
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

function isFinitePoint([x, y]: Point): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

function asSteps(points: readonly Point[]): readonly Point[] {
  return points.flatMap(([x, y], index) => {
    const before = points[index - 1];
    return before ? [[x, before[1]] as const, [x, y] as const] : [[x, y] as const];
  });
}

function marked(at: number, name: string): string[] {
  const dashed = line(
    round(at),
    PLOT.top,
    round(at),
    PLOT.bottom,
    "#222222",
    'stroke-dasharray="3"',
  );
  return [dashed, text(round(at), PLOT.top - 6, name, 'text-anchor="middle"')];
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, more = ""): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" ${more}/>`;
}

function text(x: number, y: number, words: string, more = ""): string {
  return `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`;
}

function onItsSide(x: number, words: string): string {
  const y = (PLOT.top + PLOT.bottom) / 2;
  return text(x, y, words, `text-anchor="middle" transform="rotate(-90 ${x} ${y})"`);
}

function escaped(words: string): string {
  return words
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
