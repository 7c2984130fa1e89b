import { z } from "zod";

/** Lists in the configuration hold at most this many entries. */
const MAX_ENTRIES = 1000;

const name = z.string().min(1).max(100);
/** A path from the project's root: no `..`, not absolute, `/` between folders. */
const path = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => !/^[/\\]|^[A-Za-z]:|\\|(^|\/)\.\.(\/|$)/.test(text), {
    message: 'is no path from the project root with "/" between folders (no leading "/", no "..")',
  });
const paths = z.union([path, z.array(path).min(1).max(MAX_ENTRIES)]);

const layer = z.strictObject({
  /** Role of the layer. */
  name,
  /** Its folder or file, or several. */
  path: paths,
  /** Layers that it may import; `*` = all; `as: "type"` = by `import type` only. What is not listed is forbidden. */
  mayImport: z.array(z.union([name, z.strictObject({ layer: name, as: z.literal("type") })])).max(MAX_ENTRIES),
  /** May have no files. */
  optional: z.boolean().optional(),
  /** Has to be provable: what cannot be followed in it is a violation. */
  machine: z.boolean().optional(),
  /** File name of its face in each of its folders; `index.ts` if absent. */
  face: name.optional(),
  /** Files that hold types only. */
  ports: z.array(path).min(1).max(MAX_ENTRIES).optional(),
  /** Folders with the implementations of its ports. */
  adapters: paths.optional(),
  /** Most lines with code (blank lines and comments are not counted), all files together. */
  budget: z.strictObject({ lines: z.int().min(1).max(1_000_000) }).optional(),
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
  $schema: z.string().max(500).optional(),
  /** Folder whose files must all belong to layers. */
  root: path,
  tsconfig: path,
  /** What to do with files that belong to no layer: `refuse` (the check is unproven; default), or let them be unless they import the target of a strict `cannot-reach`. */
  unassigned: z.enum(["refuse", "may-not-touch-sealed-targets"]).optional(),
  /** Globs of files that are not checked, for example `src/**\/*.test.ts`; no checked file may import one. */
  ignore: z.array(path).min(1).max(MAX_ENTRIES).optional(),
  /** File with the known findings that are excused; `layer-lint-baseline.json` beside the configuration if absent. */
  baseline: path.optional(),
  layers: z.array(layer).min(1).max(MAX_ENTRIES),
  machine: machine.optional(),
  laws: z.record(name, z.looseObject({ kind: name })).optional(),
});

/** The configuration as it is written. */
export type ConfigFile = z.infer<typeof configSchema>;
/** One layer as it is written. */
export type LayerEntry = z.infer<typeof layer>;
