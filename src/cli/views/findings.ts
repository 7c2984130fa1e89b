import type { Finding } from "../host.ts";
import type { Paint } from "../text/paint.ts";
import { safeText } from "../text/safe-text.ts";

const MARKS = { ok: ["✓", "good"], warning: ["!", "doubtful"], failed: ["✗", "bad"] } as const;
const STATUS_COLUMNS = 7;
const NAME_COLUMNS = 13;
const CONTINUATION = `\n${" ".repeat(2 + STATUS_COLUMNS + 2 + NAME_COLUMNS + 2)}`;

/** One line a finding: `✓ ok       sync           a sync takes 0.43 ms`. */
export function findingsText(findings: readonly Finding[], { paint }: { readonly paint: Paint }): string {
  return findings
    .map(({ name, status, detail }) => {
      const [glyph, tone] = MARKS[status];
      const text = detail
        .split("\n")
        .map((line) => safeText(line.trim()))
        .join(CONTINUATION);
      return `${paint(tone, `${glyph} ${status.padEnd(STATUS_COLUMNS)}`)}  ${safeText(name).padEnd(NAME_COLUMNS)}  ${text}\n`;
    })
    .join("");
}
