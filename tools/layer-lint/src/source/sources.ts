import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Project, ts } from "ts-morph";
import type { Place } from "../report/finding.ts";

/** A syntax error of a file. */
export interface SyntaxError extends Place {
  readonly message: string;
}

/** The parsed text of files; parsing is done once a file, when it is first asked for. */
export interface Sources {
  /** The syntax tree of a file, by its path from the project's root. */
  get(file: string): ts.SourceFile;
  syntaxErrors(file: string): readonly SyntaxError[];
  /** Whether the identifier is bound to nothing that its own file declares: it names a global, or something ambient. */
  isFree(identifier: ts.Identifier): boolean;
}

/**
 * Sources of the project at the absolute path `root`.
 * Names are bound file by file, without library and without following imports: only then is every name that a file does not declare a global.
 */
export function openSources(root: string): Sources {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    compilerOptions: {
      noLib: true,
      noResolve: true,
      types: [],
      allowJs: true,
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.NodeNext,
      moduleDetection: ts.ModuleDetectionKind.Force,
      jsx: ts.JsxEmit.Preserve,
    },
  });
  const open = (file: string) => {
    const path = join(root, file);
    return project.getSourceFile(path) ?? project.createSourceFile(path, readFileSync(path, "utf8"));
  };
  return {
    get: (file) => open(file).compilerNode,
    syntaxErrors: (file) =>
      project
        .getProgram()
        .getSyntacticDiagnostics(open(file))
        .map((diagnostic) => ({
          ...placeAt(open(file).compilerNode, { file, position: diagnostic.getStart() }),
          message: ts.flattenDiagnosticMessageText(diagnostic.compilerObject.messageText, " "),
        })),
    isFree(identifier) {
      const checker = project.getTypeChecker().compilerObject;
      const symbol = ts.isShorthandPropertyAssignment(identifier.parent)
        ? checker.getShorthandAssignmentValueSymbol(identifier.parent)
        : checker.getSymbolAtLocation(identifier);
      // Every file is bound as a module, so what is not ambient is declared in the file itself.
      return (symbol?.declarations ?? []).every(isAmbient);
    },
  };
}

/** The place of a node of `file`. */
export function placeOf(file: string, node: ts.Node): Place {
  const source = node.getSourceFile();
  return placeAt(source, { file, position: node.getStart(source) });
}

/** The place of a position of `file`. */
export function placeAt(
  source: ts.SourceFile,
  { file, position }: { readonly file: string; readonly position: number },
): Place {
  const { line, character } = source.getLineAndCharacterOfPosition(position);
  return { file, line: line + 1, column: character + 1 };
}

/** Calls `visitor` for the node and everything below it, parents first. */
export function walk(node: ts.Node, visitor: (node: ts.Node) => void): void {
  visitor(node);
  ts.forEachChild(node, (child) => walk(child, visitor));
}

/** Lines of the file that hold code: neither blank nor comment only. */
export function countCodeLines(source: ts.SourceFile): number {
  const isComment = new Uint8Array(source.text.length);
  const mark = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) isComment.fill(1, pos, end);
  };
  walk(source, (node) => {
    mark(ts.getLeadingCommentRanges(source.text, node.getFullStart()));
    mark(ts.getTrailingCommentRanges(source.text, node.getEnd()));
  });
  mark(ts.getLeadingCommentRanges(source.text, source.endOfFileToken.getFullStart()));
  const lines = new Set<number>();
  for (let position = 0; position < source.text.length; position++) {
    if (isComment[position] === 1 || /\s/.test(source.text.charAt(position))) continue;
    lines.add(source.getLineAndCharacterOfPosition(position).line);
  }
  return lines.size;
}

/** `declare ...`, or inside of it: a claim about something that the file does not hold. */
function isAmbient(node: ts.Node): boolean {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    if (
      ts.canHaveModifiers(at) &&
      (ts.getModifiers(at) ?? []).some((each) => each.kind === ts.SyntaxKind.DeclareKeyword)
    )
      return true;
  }
  return node.getSourceFile().isDeclarationFile;
}
