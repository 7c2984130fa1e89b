import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "a plan is read as it is written", { file: `src/${file}.ts`, change, tests });

const [document, problems] = [at("document/located-document"), at("document/document-problems")];
const [declaration, checks] = [at("api/plan-file/declaration"), at("api/plan-file/cross-checks")];
const [terms, source, keys, converted] = [
  at("api/plan-file/plan-terms"),
  at("cli/executioner/source"),
  at("cli/executioner/job-keys"),
  at("cli/executioner/convert-checks"),
];
const newFile = at("cli/new-file");

/** Mistakes in how plan files are read, and made of other files. */
export const PLAN_FILE_MUTANTS: readonly Mutant[] = [
  document("keys-that-stand-twice-go-unseen", {
    change: ["if (isMap(node)) tellRepeated(node, { places, tell });", ""],
    tests: "document/located-document api/plan-file/read-plan",
  }),
  document("names-are-read-as-numbers", {
    change: ["stringKeys: true", "stringKeys: false"],
    tests: "document/located-document",
  }),
  problems("key-that-was-meant-is-not-named", {
    change: ["const meant = nearestName(key, names);", "const meant = undefined;"],
    tests: "api/plan-file/read-plan",
  }),
  declaration("jobs-in-the-order-of-javascript", {
    change: ['jobs: text.names(["jobs"]).flatMap', "jobs: Object.keys(file.jobs).flatMap"],
    tests: "api/plan-file/read-plan",
  }),
  declaration("version-loses-its-last-zero", {
    change: ["(text.written([...keys, name]) ?? String(value))", "String(value)"],
    tests: "api/plan-file/read-plan",
  }),
  checks("command-beside-steps-is-taken", {
    change: ['if ("command" in job && "steps" in job)', "if (false)"],
    tests: "api/plan-file/read-plan",
  }),
  terms("permanent-failure-may-be-tried-again", {
    change: ['  "transient_io",\n  "timeout",', '  "transient_io",\n  "permanent",\n  "timeout",'],
    tests: "api/plan-file/read-plan",
  }),
  source("unknown-setting-is-dropped-in-silence", {
    change: ["if (!this.#asked.has(name)) this.leftOut([name], why(name));", "why(name);"],
    tests: "cli/executioner/import",
  }),
  keys("two-jobs-become-one", {
    change: ["for (let number = 2; taken.has(key); number += 1) {", "for (let number = 2; number < 2; number += 1) {"],
    tests: "cli/executioner/import",
  }),
  converted("check-of-many-files-is-dropped-in-silence", {
    change: ["if (/[*?[]/.test(path)) {", "if (/[*?[]/.test(path)) return undefined;\n  if (false) {"],
    tests: "cli/executioner/import",
  }),
  newFile("plan-is-written-over", {
    change: ['{ flag: "wx" }', '{ flag: "w" }'],
    tests: "cli/commands/init cli/executioner/import",
  }),
];
