/**
 * What a terminal would obey instead of show: control characters, and marks that turn the direction of the text around,
 * with which a file could make a report say something else.
 */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const UNPRINTABLE = /[\u0000-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

const SUBSTITUTE = "\uFFFD";

/** One line that can be shown anywhere: nothing in it is obeyed, and it can be written as UTF-8. */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, SUBSTITUTE);
}
