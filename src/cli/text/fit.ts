/** Characters that take two columns: East Asian wide and full-width ones, and emoji. */
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

/** Characters that take none: they stand on the one before. */
const MARK = /[\p{Mn}\p{Me}\u200D]/u;

/** Asks for the one before it as a picture, which takes two columns. */
const AS_PICTURE = "\uFE0F";

const ELLIPSIS = "…";

/** The columns that a safe text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** The text if it fits into `columns`, else its beginning and an ellipsis. */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const character of text) {
    width += columnsOf(character);
    if (width > columns) break;
    kept += character;
  }
  return columns < 1 ? "" : kept + ELLIPSIS;
}

/** The text with spaces after it, at least `columns` wide. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

function columnsOf(character: string): number {
  if (character === AS_PICTURE) return 1; // a column too many, where the one before takes two by itself, breaks no line
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
