import { z } from "zod";
import type { Breach } from "../report/finding.ts";
import type { Project } from "../project.ts";
import { projectPath } from "../config/schema.ts";
import type { Exception } from "./exceptions.ts";
import { exceptionSchema } from "./exceptions.ts";

/** Lists of a law hold at most this many entries. */
const MAX_ENTRIES = 1000;
/** A law has at most this many samples: each is a check of its own. */
const MAX_SAMPLES = 100;

/** A file that the canary adds to the throw-away copy, or text that it adds to a file that is there. */
export interface PlantedFile {
  /** Path from the project's root. */
  readonly path: string;
  readonly text: string;
}

/** A violation to plant: the law has to name each file of `expect`, or the checker is blind. */
export interface Planting {
  readonly files: readonly PlantedFile[];
  readonly expect: readonly string[];
}

/** A name in a law's configuration: a layer, or a path that has to hold at least one checked file. */
export interface AreaName {
  /** Key in the law, for the message. */
  readonly key: string;
  readonly text: string;
}

/** The built-in modules (without `node:`) and packages that code in `in` may import. */
export interface Touches {
  readonly in: string;
  readonly builtins: readonly string[];
  readonly packages: readonly string[];
}

/** One law of a project: its kind bound to its configuration. */
export interface Law {
  readonly id: string;
  readonly kind: string;
  /** Why the law exists. */
  readonly why: string;
  /** What to do when it is broken. */
  readonly help: string;
  /** Whether nothing may ever be excepted from it. */
  readonly strict: boolean;
  /** Known breaches that are let pass. */
  readonly exceptions: readonly Exception[];
  /** Files that its configuration says it has to name, or to leave alone. */
  readonly samples: readonly Sample[];
  /** What is in force where its configuration says nothing, beside reason, help and strict. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Layers and paths that its configuration names. */
  readonly areas: readonly AreaName[];
  /** The layer from which nothing of `to` may be reached, for `cannot-reach` only. */
  readonly seal?: { readonly from: string; readonly to: readonly string[] };
  /** What a layer or path may touch of Node and of packages, for `touches-only` only. */
  readonly touches?: Touches;
  /** What in its configuration matches nothing in this project, in words; none = the law can bite. */
  idle(project: Project): readonly string[];
  /** Typed laws answer later: their engine is loaded when a law asks for it. */
  check(project: Project): readonly Breach[] | Promise<readonly Breach[]>;
  plant(project: Project): Planting;
}

/** A kind of law: what it may be configured with, and how it is checked. One file of this folder each. */
export interface LawKind {
  readonly kind: string;
  /** Reason and help of laws that do not bring their own. */
  readonly why: string;
  readonly help: string;
  /** What the law's entry in the configuration may hold. */
  readonly schema: z.ZodType;
  /** Makes the law of an entry that fits the schema. */
  bind(id: string, entry: unknown): Law;
}

/** What a kind of law is made of; `C` is its configuration. */
export interface LawSpec<C extends CommonConfig> {
  readonly kind: string;
  readonly schema: z.ZodType<C>;
  /** Reason and help of laws that do not bring their own. */
  readonly why: string;
  readonly help: string;
  readonly defaults?: Readonly<Record<string, unknown>>;
  areas?(config: C): readonly AreaName[];
  seal?(config: C): { readonly from: string; readonly to: readonly string[] };
  touches?(config: C): Touches;
  idle?(config: C, project: Project): readonly string[];
  check(config: C, project: Project): readonly Breach[] | Promise<readonly Breach[]>;
  plant(config: C, project: Project): Planting;
}

/** What every law's entry may hold. */
export interface CommonConfig {
  readonly reason?: string | undefined;
  readonly help?: string | undefined;
  readonly strict?: boolean | undefined;
  readonly except?: readonly Exception[] | undefined;
  readonly samples?: readonly Sample[] | undefined;
}

const sentence = z.string().min(1).max(1000);

const sampleSchema = z.strictObject({
  name: sentence.optional().describe("What the sample shows."),
  files: z
    .record(projectPath, z.string().max(100_000))
    .refine((files) => Object.keys(files).length > 0, { message: "a sample has at least one file" })
    .describe("Files to write into a throw-away copy, by path from the project's root."),
  fires: z.boolean().describe("Whether the law has to name one of the files."),
});

/** Files for which `config test` tries whether the law names them. */
export type Sample = z.infer<typeof sampleSchema>;

/** The schema of a law's entry: what all have in common, and the keys of its kind. */
export function lawSchema<S extends z.ZodRawShape>(kind: string, shape: S) {
  return z.strictObject({
    kind: z.literal(kind),
    reason: sentence.optional().describe("Why the law exists; stands in every finding."),
    help: sentence.optional().describe("What to do when it is broken; stands in every finding."),
    strict: z.boolean().optional().describe("Whether nothing may ever be excepted from it."),
    except: z.array(exceptionSchema).min(1).max(MAX_ENTRIES).optional().describe("Known breaches that are let pass."),
    samples: z.array(sampleSchema).min(1).max(MAX_SAMPLES).optional().describe("Samples for `config test`."),
    ...shape,
  });
}

/** A layer's name, or a path from the project's root; a path may hold globs. */
export const areaName = z.string().min(1).max(500).describe("A layer, or a path (or glob) from the project's root.");
/** Several of them. */
export const areaNames = z.array(areaName).min(1).max(MAX_ENTRIES);
/** Several of them, or none: then it is allowed nowhere. */
export const areaNamesOrNone = z.array(areaName).max(MAX_ENTRIES);

/** Hides the type of a kind's configuration behind {@link Law}. */
export function defineLaw<C extends CommonConfig>(spec: LawSpec<C>): LawKind {
  return {
    kind: spec.kind,
    why: spec.why,
    help: spec.help,
    schema: spec.schema,
    bind(id, entry) {
      const config = spec.schema.parse(entry);
      return {
        id,
        kind: spec.kind,
        why: config.reason ?? spec.why,
        help: config.help ?? spec.help,
        strict: config.strict ?? false,
        exceptions: config.except ?? [],
        samples: config.samples ?? [],
        defaults: spec.defaults ?? {},
        areas: spec.areas?.(config) ?? [],
        ...(spec.seal === undefined ? {} : { seal: spec.seal(config) }),
        ...(spec.touches === undefined ? {} : { touches: spec.touches(config) }),
        idle: (project) => spec.idle?.(config, project) ?? [],
        check: (project) => spec.check(config, project),
        plant: (project) => spec.plant(config, project),
      };
    },
  };
}
