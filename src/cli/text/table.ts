import { fit, pad, widthOf } from "./fit.ts";
import { safeText } from "./safe-text.ts";

/** Titles and rows as lines, each column as wide as its widest cell, and no line wider than `columns`. Cells may come from anywhere. */
export function tableText(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  columns = Number.POSITIVE_INFINITY,
): string {
  const table = [titles, ...rows.map((row) => row.map(safeText))];
  const widths = titles.map((_title, at) => Math.max(...table.map((row) => widthOf(row[at] ?? ""))));
  const lines = table.map((row) => row.map((cell, at) => pad(cell, widths[at] ?? 0)).join("  "));
  return lines.map((line) => `${fit(line.trimEnd(), columns)}\n`).join("");
}
