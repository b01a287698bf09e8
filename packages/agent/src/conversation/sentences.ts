/** A full stop after one of these does not end a sentence. */
const ABBREVIATIONS = new Set([
  "mr",
  "mrs",
  "ms",
  "dr",
  "st",
  "no",
  "vs",
  "e.g",
  "i.e",
  "a.m",
  "p.m",
]);
/** The first piece may end at a comma once it is this long: the caller hears something sooner. */
const FIRST_CLAUSE_CHARACTERS = 24;
/** Without any punctuation, text is spoken in pieces of at most this length. */
const LONGEST_PIECE_CHARACTERS = 280;

/** Cuts text that arrives in fragments into pieces that can be spoken by themselves. Pure. */
export class SentenceCutter {
  #buffer = "";
  #isFirst = true;

  /** Takes a fragment; returns the pieces that are complete now. */
  add(fragment: string): string[] {
    this.#buffer += fragment;
    const pieces: string[] = [];
    for (let end = this.#end(); end > 0; end = this.#end()) {
      const piece = this.#buffer.slice(0, end).trim();
      this.#buffer = this.#buffer.slice(end);
      if (piece === "") continue;
      pieces.push(piece);
      this.#isFirst = false;
    }
    return pieces;
  }

  /** No more text: what is left is the last piece. */
  end(): string[] {
    const rest = this.#buffer.trim();
    this.#buffer = "";
    return rest === "" ? [] : [rest];
  }

  /** Where the first piece in the buffer ends; 0 while that cannot be known. */
  #end(): number {
    // A full stop counts once a space follows: "10.30" and a fragment's end do not end a sentence.
    const ends = /[.!?…]+["')\]]*\s|[。！？]|\n/g;
    for (let match = ends.exec(this.#buffer); match; match = ends.exec(this.#buffer)) {
      const end = match.index + match[0].length;
      if (!match[0].startsWith(".") || !this.#isAbbreviation(match.index)) return end;
    }
    if (this.#isFirst) {
      const clause = /[,;:]\s/g;
      clause.lastIndex = FIRST_CLAUSE_CHARACTERS;
      const match = clause.exec(this.#buffer);
      if (match) return match.index + 2;
    }
    if (this.#buffer.length <= LONGEST_PIECE_CHARACTERS) return 0;
    return this.#buffer.lastIndexOf(" ", LONGEST_PIECE_CHARACTERS) + 1 || LONGEST_PIECE_CHARACTERS;
  }

  #isAbbreviation(fullStop: number): boolean {
    const word = /[\p{L}.]+$/u.exec(this.#buffer.slice(0, fullStop))?.[0].toLowerCase();
    return word !== undefined && ABBREVIATIONS.has(word);
  }
}
