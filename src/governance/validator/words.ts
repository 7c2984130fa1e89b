const INVISIBLE = /\p{Cf}+/gu;
const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}]+/gu;
const PLAIN = /^[ -~\n]*$/;
const BETWEEN_PLAIN_WORDS = /[^a-z0-9]+/g;

/** A text as whole words: in small letters, of one width, each with one blank on either side. */
export function wordsOf(text: string): string {
  if (PLAIN.test(text)) return ` ${text.toLowerCase().replace(BETWEEN_PLAIN_WORDS, " ").trim()} `;
  const letters = text.normalize("NFKC").replace(INVISIBLE, "").toLowerCase();
  return ` ${letters.replace(BETWEEN_WORDS, " ").trim()} `;
}

/** Whether words, in a row, stand in a text. Both are as {@link wordsOf} gives them. */
export function standsIn(words: string, text: string): boolean {
  return words.trim() !== "" && text.includes(words);
}
