import type { Random } from "@offhook/session";

/** Words that parsers trip over. */
const nasty = [
  "",
  " ",
  "\t",
  "\r\n",
  "\r\n ",
  "\0",
  '"',
  "<",
  ">",
  ";",
  ",",
  "%",
  "%00",
  "=",
  "@",
  "[",
  "]",
  "-1",
  "0",
  "4294967296",
  "99999999999999999999",
  "NaN",
  "__proto__",
  "constructor",
  "é",
  "\u{1f4a9}",
  "sip:",
  "tel:",
  "a=rtpmap:",
  "m=audio 0 RTP/AVP",
  "Digest ",
  "A".repeat(5_000),
];

/** One to five small harms to `text`, as a broken or malicious sender would do. */
export function mutate(text: string, corpus: readonly string[], random: Random): string {
  const pick = (count: number) => Math.floor(random.unit() * count);
  const one = <T>(list: readonly T[]) => list[pick(list.length)];
  let mutated = text;
  for (let harm = pick(5); harm >= 0; harm--) {
    const at = pick(mutated.length + 1);
    const length = pick(16);
    switch (pick(9)) {
      case 0:
        mutated = mutated.slice(0, at) + mutated.slice(at + length);
        break;
      case 1:
        mutated = mutated.slice(0, at) + String.fromCharCode(pick(256)) + mutated.slice(at + 1);
        break;
      case 2:
        mutated = mutated.slice(0, at) + mutated.slice(Math.max(0, at - length));
        break;
      case 3:
        mutated = mutated.slice(0, at);
        break;
      case 4:
        mutated = mutated.slice(0, at) + (one(nasty) ?? "") + mutated.slice(at);
        break;
      case 5:
        mutated = editLine(mutated, pick, (lines, index) => void lines.splice(index, 1));
        break;
      case 6:
        mutated = editLine(mutated, pick, (lines, index) =>
          lines.splice(index, 0, lines[pick(lines.length)] ?? ""),
        );
        break;
      case 7:
        // A header of another message.
        mutated = editLine(mutated, pick, (lines, index) => {
          const other = (one(corpus) ?? "").split("\r\n");
          lines.splice(index, 0, other[pick(other.length)] ?? "");
        });
        break;
      default:
        mutated = mutated.replace(/\d+/g, (number) =>
          random.unit() < 0.1 ? (one(nasty) ?? "") : number,
        );
    }
  }
  return mutated;
}

function editLine(
  text: string,
  pick: (count: number) => number,
  edit: (lines: string[], index: number) => void,
): string {
  const lines = text.split("\r\n");
  edit(lines, pick(lines.length));
  return lines.join("\r\n");
}

/** The smallest text that still fails, by leaving out ever smaller pieces (delta debugging). */
export function shrink(text: string, fails: (candidate: string) => boolean): string {
  let smallest = text;
  for (let size = Math.ceil(smallest.length / 2); size >= 1; size = Math.floor(size / 2))
    for (let at = 0; at < smallest.length; ) {
      const candidate = smallest.slice(0, at) + smallest.slice(at + size);
      if (candidate.length < smallest.length && fails(candidate)) smallest = candidate;
      else at += size;
    }
  return smallest;
}
