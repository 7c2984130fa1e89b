const INVISIBLE = /\p{Cf}+/gu;
const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}]+/gu;
const PLAIN = /^[ -~\n]*$/;
const BETWEEN_PLAIN_WORDS = /[^a-z0-9]+/g;
/** Each word has a blank of its own on either side, so that words side by side can be told apart. */
const BLANKS = "  ";

/** A text as whole words: in small letters, of one width, each with one blank on either side. */
export function wordsOf(text: string): string {
  if (PLAIN.test(text)) return ` ${text.toLowerCase().replace(BETWEEN_PLAIN_WORDS, BLANKS).trim()} `;
  const letters = text.normalize("NFKC").replace(INVISIBLE, "").toLowerCase();
  return ` ${letters.replace(BETWEEN_WORDS, BLANKS).trim()} `;
}

/** Whether words, in a row, stand in a text. Both are as {@link wordsOf} gives them; no words stand nowhere. */
export function standsIn(words: string, text: string): boolean {
  return hasWords(words) && text.includes(words);
}

/** Finds keywords in texts: a text is read once, however many keywords there are. */
export class KeywordFinder {
  readonly #keywords = new Map<string, string>();
  readonly #any: RegExp;

  /** Each keyword is a word, or several in a row. None is the beginning of another one's words. */
  constructor(keywords: Iterable<string>) {
    for (const keyword of keywords) this.#keywords.set(wordsOf(keyword), keyword);
    const bare = [...this.#keywords.keys()].map((words) => words.trim()); // letters, digits and blanks alone
    this.#any = new RegExp(` (?:${bare.join("|")}) `, "gu");
  }

  /** The keywords that stand in a text as {@link wordsOf} gives it, in the order of the text. */
  findIn(text: string): readonly string[] {
    return (text.match(this.#any) ?? []).flatMap((words) => this.#keywords.get(words) ?? []);
  }
}

/** The words of a text without those names, each of which leaves a gap over which no words are in a row. */
export function withoutNames(words: string, names: readonly string[]): string {
  return names.filter(hasWords).reduce((rest, name) => rest.replaceAll(name, " - "), words);
}

function hasWords(words: string): boolean {
  return words !== BLANKS && words !== "";
}
