export interface Axis {
  /** With the unit, as it is to be read. */
  readonly label: string;
  /** Default: the least and the greatest value drawn, from 0 on an axis of measurements. */
  readonly from?: number;
  readonly until?: number;
}

export interface Curve {
  readonly name: string;
  /** `[x, y]`; what is not finite is left out. */
  readonly points: readonly (readonly [number, number])[];
  /** Which axis it is measured on. Default `left`. */
  readonly axis?: "left" | "right";
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
const PLOT = { left: 70, right: 650, top: 50, bottom: 340 } as const;
const LEGEND_TOP = 410;
const LEGEND_LINE = 20;
const STEPS = 5;
/** Apart for eyes that do not tell red from green, and by their dashes without any colour. */
const STROKES = [
  { colour: "#0072b2", dash: "none" },
  { colour: "#d55e00", dash: "8 4" },
  { colour: "#009e73", dash: "2 3" },
  { colour: "#555555", dash: "10 3 2 3" },
] as const;

interface Scale {
  readonly from: number;
  readonly until: number;
  /** Where in the picture a value lies. */
  place(value: number): number;
}

/** Curves over one shared axis as an SVG document: axes, labels and legend, and no script. */
export function drawCurves(picture: CurvesToDraw): string {
  const curves = picture.curves.map((curve, index) => ({
    ...curve,
    axis: curve.axis ?? "left",
    points: curve.points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
    ...(STROKES[index % STROKES.length] as (typeof STROKES)[number]),
  }));
  const measuredOn = (axis: "left" | "right") =>
    curves.flatMap((curve) => (curve.axis === axis ? curve.points.map(([, y]) => y) : []));
  const xs = curves.flatMap(({ points }) => points.map(([x]) => x));
  const across = scale(picture.x, xs, PLOT.left, PLOT.right);
  const up = {
    left: scale(picture.left, [0, ...measuredOn("left")], PLOT.bottom, PLOT.top),
    right: scale(
      picture.right ?? { label: "" },
      [0, ...measuredOn("right")],
      PLOT.bottom,
      PLOT.top,
    ),
  };
  const hasRight = curves.some(({ axis }) => axis === "right");
  const height = LEGEND_TOP + curves.length * LEGEND_LINE + 10;

  const drawn = curves.flatMap(({ name, axis, points, colour, dash }, index) => {
    const placed = points.map(([x, y]) => `${round(across.place(x))},${round(up[axis].place(y))}`);
    const legendY = LEGEND_TOP + index * LEGEND_LINE;
    const stroke = `fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"`;
    return [
      `<polyline points="${placed.join(" ")}" ${stroke}/>`,
      `<line x1="${PLOT.left}" y1="${legendY}" x2="${PLOT.left + 40}" y2="${legendY}" ${stroke}/>`,
      text(PLOT.left + 50, legendY + 4, axis === "right" ? `${name} (right axis)` : name),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" fill="#222222" role="img">`,
    `<title>${escaped(picture.title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(WIDTH / 2, 26, picture.title, 'text-anchor="middle" font-size="15"'),
    ...ticks(across).flatMap(({ at, label }) => [
      line(at, PLOT.bottom, at, PLOT.bottom + 5, "#222222"),
      text(at, PLOT.bottom + 20, label, 'text-anchor="middle"'),
    ]),
    ...ticks(up.left).flatMap(({ at, label }) => [
      line(PLOT.left, at, PLOT.right, at, "#dddddd"),
      text(PLOT.left - 8, at + 4, label, 'text-anchor="end"'),
    ]),
    ...(hasRight
      ? ticks(up.right).map(({ at, label }) => text(PLOT.right + 8, at + 4, label))
      : []),
    line(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, "#222222"),
    line(PLOT.left, PLOT.top, PLOT.left, PLOT.bottom, "#222222"),
    ...(hasRight ? [line(PLOT.right, PLOT.top, PLOT.right, PLOT.bottom, "#222222")] : []),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 42, picture.x.label, 'text-anchor="middle"'),
    upright(18, picture.left.label),
    ...(hasRight && picture.right ? [upright(WIDTH - 12, picture.right.label)] : []),
    ...(picture.mark ? marked(across.place(picture.mark.x), picture.mark.name) : []),
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

function scale(axis: Axis, values: readonly number[], start: number, end: number): Scale {
  // Not Math.min(...values): a distribution may have more points than a call takes arguments.
  const from = axis.from ?? values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const until = axis.until ?? values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const least = Number.isFinite(from) ? from : 0;
  const most = Number.isFinite(until) && until > least ? until : least + 1;
  const perUnit = (end - start) / (most - least);
  return { from: least, until: most, place: (value) => start + (value - least) * perUnit };
}

function ticks(scale: Scale): { readonly at: number; readonly label: string }[] {
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const value = scale.from + ((scale.until - scale.from) * step) / STEPS;
    return { at: round(scale.place(value)), label: String(Number(value.toPrecision(3))) };
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

function upright(x: number, words: string): string {
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
