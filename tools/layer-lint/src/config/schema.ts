import { z } from "zod";

/** Lists in the configuration hold at most this many entries. */
const MAX_ENTRIES = 1000;

const name = z.string().min(1).max(100);
/** A path from the project's root: no `..`, not absolute, `/` between folders. */
export const projectPath = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => !/^[/\\]|^[A-Za-z]:|\\|(^|\/)\.\.(\/|$)/.test(text), {
    message: 'is no path from the project root with "/" between folders (no leading "/", no "..")',
  });
const path = projectPath;
const paths = z.union([path, z.array(path).min(1).max(MAX_ENTRIES)]);

const layer = z.strictObject({
  name: name.describe("Role of the layer."),
  path: paths.describe("Its folder or file, or several; a path may hold globs, as in packages/*/src/domain."),
  mayImport: z
    .array(z.union([name, z.strictObject({ layer: name, as: z.literal("type") })]))
    .max(MAX_ENTRIES)
    .describe(
      'Layers that it may import; "*" = all; as "type" = by `import type` only. What is not listed is forbidden.',
    ),
  optional: z.boolean().optional().describe("May have no files; false if absent."),
  machine: z
    .boolean()
    .optional()
    .describe("Has to be provable: what cannot be followed in it is a violation; false if absent."),
  face: name.optional().describe("File name of its face in each of its folders; index.ts if absent."),
  ports: z.array(path).min(1).max(MAX_ENTRIES).optional().describe("Files that hold types only."),
  adapters: paths.optional().describe("Folders with the implementations of its ports."),
  budget: z
    .strictObject({ lines: z.int().min(1).max(1_000_000) })
    .optional()
    .describe("Most lines with code (blank lines and comments are not counted), all files together."),
});

const machine = z.strictObject({
  stepPort: name.optional(),
  healthPort: name.optional(),
  healthReads: z.array(name).max(MAX_ENTRIES).optional(),
  evidence: name.optional(),
  /** Built-in modules of Node that machine layers may import. */
  builtins: z.array(name).max(MAX_ENTRIES).optional(),
  bannedPackages: z.union([z.literal("retry"), z.array(name).max(MAX_ENTRIES)]).optional(),
});

/** The shape of `layers.json`. The laws are checked one by one by the kind that each names. */
export const configSchema = z.strictObject({
  $schema: z.string().max(500).optional().describe("Where the schema of this file lies, for editors."),
  root: paths.describe("The folder whose files must all belong to layers, or several; a path may hold globs."),
  tsconfig: path.describe("The tsconfig, for path aliases and module resolution."),
  unassigned: z
    .enum(["refuse", "may-not-touch-sealed-targets"])
    .optional()
    .describe(
      "Files that belong to no layer: refuse (the check is unproven; if absent), or let them be unless they import the target of a strict cannot-reach.",
    ),
  ignore: z
    .array(path)
    .min(1)
    .max(MAX_ENTRIES)
    .optional()
    .describe("Globs of files that are not checked, as in src/**/*.test.ts; no checked file may import one."),
  baseline: path
    .optional()
    .describe("File with the known findings that are excused; layer-lint-baseline.json beside this file if absent."),
  layers: z.array(layer).min(1).max(MAX_ENTRIES),
  machine: machine.optional(),
  laws: z
    .record(name, z.looseObject({ kind: name }))
    .optional()
    .describe("The laws by id; each names its kind."),
});

/** The configuration as it is written. */
export type ConfigFile = z.infer<typeof configSchema>;
/** One layer as it is written. */
export type LayerEntry = z.infer<typeof layer>;
