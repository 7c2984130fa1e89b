import { printable } from "./printable.ts";

/** Text in which nothing is markup, in one line. */
export function text(value: string): string {
  return printable(value).replace(/[\\`*_{}[\]<>#|~&]/g, String.raw`\$&`);
}

/** Code within a line or a cell of a table. */
export function code(value: string): string {
  const shown = printable(value).replaceAll("|", String.raw`\|`);
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`;
}

/** A block of code; its fence is longer than any in the text. */
export function codeBlock(lines: readonly string[], language = ""): string {
  const longest = Math.max(2, ...(lines.join("\n").match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence].join("\n");
}

/** A table; its cells are markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), `|${"---|".repeat(head.length)}`, ...rows.map(row)].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
