import type { Spot, SyntaxError } from "./syntax.ts";
import type { Term } from "./terms.ts";

/**
 * Everything that laws and the graph need to know of one file, made of its syntax tree once. It is plain JSON, depends on
 * the file's text and kind alone, and so can be kept by the hash of the text.
 */
export interface Facts {
  readonly errors: readonly SyntaxError[];
  /** Places where another module is named by a literal, in the order of the text. */
  readonly imports: readonly LiteralImport[];
  /** Where the file first uses JSX. */
  readonly jsx?: Spot;
  /** Places where a module or a file is named by an expression. */
  readonly uses: readonly Use[];
  /** Calls of functions with arguments that may name something, for functions that hand what they get to a use. */
  readonly calls: readonly Call[];
  /** Ways to load or make code that no import graph shows. */
  readonly hidden: readonly Hidden[];
  /** What only machine layers must not do, since nobody could say where it ends. */
  readonly opaque: readonly Noted[];
  /** Globals that the file uses. */
  readonly globals: readonly FreeName[];
  /** Uses of what is imported from built-in modules, after the import itself. */
  readonly builtinUses: readonly BuiltinUse[];
  /** Names that the file exports without naming another module. */
  readonly exports: readonly OwnExport[];
  /** Names that the file declares for all files, and modules that it declares out of nothing. */
  readonly ambient: { readonly globals: readonly string[]; readonly modules: readonly string[] };
  /** Statements at the top, for faces and ports. */
  readonly statements: readonly Statement[];
  /** Names of the types that are declared at the top. */
  readonly types: readonly string[];
  /** Type aliases with the names that they mention. */
  readonly aliases: readonly { readonly name: string; readonly mentions: readonly string[] }[];
  /** Casts, predicates and ambient declarations: places that say a type without proving it. */
  readonly claims: readonly Claim[];
  /** Lines that hold code: neither blank nor comment only. */
  readonly codeLines: number;
}

/** How a file names another module. */
export type ImportForm =
  | "import"
  | "export"
  | "import-equals"
  | "import-type"
  | "dynamic"
  | "require"
  | "reference"
  | "augmentation"
  | "jsx"
  /** A comment of a JavaScript file that names a type. */
  | "jsdoc"
  /** A name that another file declares for all files. */
  | "ambient"
  /** Code that is started in another thread or process. */
  | "worker"
  | "process"
  /** A module that is registered to change how modules are loaded. */
  | "loader"
  /** A file that is read, or of which the URL is made. */
  | "read";

/** A name that an import takes. */
export interface TakenName {
  /** As the other module calls it; `*` for all that it exports. */
  readonly name: string;
  /** As this file calls it: the local name of an import, the exported name of a re-export; `*` for `export * from`. */
  readonly as: string;
}

/** One place where a file names another module by a literal. */
export interface LiteralImport extends Spot {
  readonly specifier: string;
  readonly form: ImportForm;
  /** Whether nothing is loaded at run time. The inline form `import { type X }` does load the module. */
  readonly typeOnly: boolean;
  /** Whether it has an inline `type`: `import { type X }`. */
  readonly inlineType: boolean;
  /** What it takes of the other module; nothing if it only loads it. */
  readonly names: readonly TakenName[];
}

/** A place where a module or file is named by an expression. */
export interface Use extends Spot {
  readonly form: ImportForm;
  readonly term: Term;
}

/** A call of a function: `callee` is the number of a function of this file, or what was imported. */
export interface Call extends Spot {
  readonly callee: number | { readonly specifier: string; readonly name: string };
  readonly args: readonly Term[];
}

/** Something with a place and words for it. */
export interface Noted extends Spot {
  /** What stands there, for example "an import() whose module is computed". */
  readonly what: string;
}

/** A way to load or make code; `use` is the index of the use that may say which after all. */
export interface Hidden extends Noted {
  readonly use?: number;
}

/** A global that a file uses. */
export interface FreeName extends Spot {
  readonly name: string;
  /** Whether only its type is used. */
  readonly asType?: true;
  /** For a use that reads a clock, a timer or chance although the global as such is harmless: what it is. */
  readonly impure?: string;
}

/** A use of what was imported from a built-in module (without `node:`). */
export interface BuiltinUse extends Spot {
  readonly module: string;
}

/** An exported name. */
export interface OwnExport {
  readonly name: string;
  /** As the file itself calls it. */
  readonly local: string;
  /** What it is, if that can be computed; `["function", id, answer]` for a function. */
  readonly term?: Term;
}

/** A statement at the top of a file. */
export interface Statement extends Spot {
  /** Whether it re-exports names one by one, or all of another module. */
  readonly reExport?: "names" | "all";
  /** Whether it leaves nothing behind at run time. */
  readonly typesOnly: boolean;
}

/** A place that says a type without proving it. */
export interface Claim extends Spot {
  readonly how: "cast" | "predicate" | "ambient";
  /** The names and literal texts of the type. */
  readonly mentions: readonly string[];
}
