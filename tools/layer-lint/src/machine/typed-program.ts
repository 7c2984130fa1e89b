import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { ts } from "ts-morph";
import { Project as Workspace } from "ts-morph";
import type { Project } from "../project.ts";
import type { Place } from "../report/finding.ts";

/** The files of a machine layer, with the types of everything that they name. */
export interface TypedProgram {
  readonly project: Project;
  readonly checker: ts.TypeChecker;
  /** The files of the layer, in order. */
  readonly files: readonly ts.SourceFile[];
  /** Absolute paths of the files outside of the project's own that were read for types, libraries of the language aside. */
  readonly readOutside: readonly string[];
  /** Whether the node stands in the layer. */
  isOwn(node: ts.Node): boolean;
  /** The path of the node's file from the project's root. */
  fileOf(node: ts.Node): string;
  place(node: ts.Node): Place;
}

/**
 * Opens the files of `layer` and what they import, as far as types need it.
 * Through ts-morph's project and never through a program of our own: the libraries that it brings lie in its virtual file
 * system, and without them each built-in type would silently be `any`.
 */
export function openTypedProgram(project: Project, layer: string, tsconfig: string): TypedProgram {
  const workspace = new Workspace({
    tsConfigFilePath: join(project.root, tsconfig),
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    compilerOptions: { allowJs: true, checkJs: false, skipLibCheck: true, noEmit: true },
  });
  const paths = project.tree.modules.filter((file) => project.layout.layerOf(file)?.name === layer);
  for (const path of paths) workspace.addSourceFileAtPath(join(project.root, path));
  const program = workspace.getProgram().compilerObject;
  const files = paths.map((path) => sourceFile(program, join(project.root, path)));
  const own = new Set<ts.SourceFile>(files);
  const fileOf = (node: ts.Node): string => relative(project.root, node.getSourceFile().fileName).split(sep).join("/");
  return {
    project,
    checker: program.getTypeChecker(),
    files,
    readOutside: program
      .getSourceFiles()
      .map(({ fileName }) => fileName)
      .filter((path) => existsSync(path) && !project.graph.has(relative(project.root, path).split(sep).join("/"))),
    isOwn: (node) => own.has(node.getSourceFile()),
    fileOf,
    place(node) {
      const source = node.getSourceFile();
      const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
      return { file: fileOf(node), line: line + 1, column: character + 1 };
    },
  };
}

/** Whether the node stands in the project's own sources, and not in the language's or a package's. */
export function isOfProject(node: ts.Node, program: TypedProgram): boolean {
  const { project } = program;
  const file = program.fileOf(node);
  return project.layout.layerOf(file) !== undefined || project.tree.modules.includes(file);
}

function sourceFile(program: ts.Program, path: string): ts.SourceFile {
  const source = program.getSourceFile(path);
  if (source === undefined) throw new Error(`TypeScript did not read ${path}, which lies in the machine layer`);
  return source;
}
