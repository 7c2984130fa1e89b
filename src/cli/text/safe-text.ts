/**
 * Characters that a terminal obeys or that turn what a reader sees: control, format (but for the joiner of emoji),
 * private use, unassigned, lone surrogates, line and paragraph separators.
 */
const UNSAFE = /(?!\u200D)[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": String.raw`\n`, "\r": String.raw`\r`, "\t": String.raw`\t` };

/** One line of text that a terminal only shows: everything that it would obey is written out as `\u{...}`. */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, (character) => SHORT[character] ?? written(character));
}

function written(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/**
 * JSON text that means the same and that a terminal only shows: its unsafe characters become JSON escapes, but for line
 * feeds and tabs between members.
 */
export function safeJson(json: string): string {
  return json.replaceAll(UNSAFE, (character) =>
    character === "\n" || character === "\t" ? character : jsonEscapes(character),
  );
}

function jsonEscapes(character: string): string {
  const units = Array.from({ length: character.length }, (_unit, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
