/** What moves a cursor, ends a line or changes the direction of letters, and what is no character at all. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\s]+/gu;

/**
 * A text that others wrote, as one line of at most `most` characters: nothing in it can begin a line or a header of its own.
 * What was cut off is told by an ellipsis.
 */
export function plainLine(text: string, most: number): string {
  const line = text.toWellFormed().replaceAll(UNSAFE, " ").trim();
  if (line.length <= most) return line;
  return `${line.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, "")}\u2026`;
}
