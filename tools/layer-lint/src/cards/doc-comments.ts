/** A text with its comments. */
export interface Commented {
  readonly text: string;
  readonly comments: readonly {
    readonly type: "Line" | "Block";
    readonly value: string;
    readonly start: number;
    readonly end: number;
  }[];
}

/** The text of the documentation comment that ends right before `position`; empty if there is none. */
export function docBefore(position: number, { text, comments }: Commented): string {
  const comment = comments.findLast(({ end }) => end <= position);
  if (comment === undefined || text.slice(comment.end, position).trim() !== "") return "";
  if (comment.type !== "Block" || !comment.value.startsWith("*")) return "";
  return comment.value
    .slice(1)
    .split(/\r?\n/)
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .replace(
      /\{@link(?:code|plain)?\s+([^}|\s]+)(?:[\s|]+([^}]*))?\}/g,
      (_all, target: string, label?: string) => `\`${label?.trim() || target}\``,
    )
    .trim();
}

/** The first sentence, on one line. */
export function firstSentence(doc: string): string {
  const [paragraph = ""] = doc.split(/\n\s*\n|\n(?=@)/);
  const line = paragraph.replace(/\s+/g, " ").trim();
  return /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line;
}
