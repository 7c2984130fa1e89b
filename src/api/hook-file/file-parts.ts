import type { z } from "zod";
import { nearestName } from "#document";
import type { Keys, LocatedDocument, LocatedProblem } from "#document";
import { entitySchema, hookSchema, jobSchema } from "./hook-schema.ts";
import type { HookFileEntity, HookFileHook, HookFileJob } from "./hook-schema.ts";

/** Members of a file by name, in the order of the file; undefined = there, and its form is wrong, which the schema tells. */
export type Members<Member> = ReadonlyMap<string, Member | undefined>;

/** A file of hooks, part by part, so that what is wrong with one part does not keep the others from being looked at. */
export interface FileParts {
  readonly entities: Members<HookFileEntity>;
  readonly jobs: Members<HookFileJob>;
  readonly hooks: Members<HookFileHook>;
  /** Adds a problem of what stands under these keys. */
  readonly tell: (keys: Keys, text: string) => void;
}

/** Takes a file apart. What the checks tell is added to `problems`. */
export function fileParts(document: LocatedDocument, problems: LocatedProblem[]): FileParts {
  return {
    entities: members("entities", entitySchema, document),
    jobs: members("jobs", jobSchema, document),
    hooks: members("hooks", hookSchema, document),
    tell: (keys, text) => void problems.push(document.problemAt(keys, text)),
  };
}

function members<Schema extends z.ZodType>(
  part: string,
  schema: Schema,
  document: LocatedDocument,
): Members<z.output<Schema>> {
  const map = (document.value as Readonly<Record<string, unknown>> | null)?.[part]; // whatever the text says: a member of what is no map is undefined
  const values = new Map(typeof map === "object" && map !== null ? Object.entries(map) : []);
  return new Map(document.names([part]).map((name) => [name, schema.safeParse(values.get(name)).data]));
}

/** What is said of a name that is not known: what it should have named, what is known, and the name that was perhaps meant. */
export function unknownName(
  what: string,
  name: string,
  { known, lacks = "which is not declared" }: { readonly known: Iterable<string>; readonly lacks?: string },
): string {
  const names = [...known];
  const meant = nearestName(name, names);
  const listed = names.length === 0 ? "there is none" : `there is ${names.slice(0, NAMES_LISTED).join(", ")}`;
  return `names the ${what} ${name}, ${lacks}; ${meant === undefined ? listed : `did you mean ${meant}?`}`;
}

/** Names that a message lists. */
const NAMES_LISTED = 20;
