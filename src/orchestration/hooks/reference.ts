/** The records whose fields a text of a job may hold. */
export type ReferenceRoot = "record" | "trigger" | "old";

/** A piece of a text: as it stands, or the value of a field. */
export type TextPiece =
  | { readonly text: string }
  | { readonly root: ReferenceRoot; readonly field: string }
  | { readonly problem: string };

const PIECES = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;
const REFERENCE = /^(record|trigger|old)\.([A-Za-z_][A-Za-z0-9_]*)$/;

/** Takes a text apart into what stands for itself and `${record.FIELD}`, `${trigger.FIELD}`, `${old.FIELD}`; `$${` is `${` itself. */
export function textPieces(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(PIECES)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    end = match.index + match[0].length;
    pieces.push(match[0] === "$${" ? { text: "${" } : reference(match[0], match[1]));
  }
  if (end < text.length || pieces.length === 0) pieces.push({ text: text.slice(end) });
  return pieces;
}

function reference(written: string, name: string | undefined): TextPiece {
  const [, root, field = ""] = REFERENCE.exec(name ?? "") ?? [];
  if (root === "record" || root === "trigger" || root === "old") return { root, field };
  const seen = name === undefined ? "${ without its }" : written.slice(0, 60);
  return {
    problem: `has ${seen}; expected \${record.FIELD}, \${trigger.FIELD} or \${old.FIELD}, or $\${ for \${ itself`,
  };
}
