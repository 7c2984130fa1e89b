import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "after a committed change the right jobs run with the right data", {
      file: `src/${file}.ts`,
      change,
      tests,
    });

const hooks = (file: string) => at(`orchestration/hooks/${file}`);
const file = (name: string) => at(`api/hook-file/${name}`);
const sources = (name: string) => at(`effects/record-sources/${name}`);

const EXPRESSIONS = "orchestration/hooks/expressions";
const MATCHING = "orchestration/hooks/match-and-map";
const NEEDS = "orchestration/hooks/resolve-needs";
const READING = "api/hook-file/read-hooks";
const SOURCES = "conformance/record-source";

/** Mistakes in which jobs follow from a change, over which records, and with what they may do. */
export const HOOK_MUTANTS: readonly Mutant[] = [
  file("check-jobs")("absent-capabilities-grant-the-effect", {
    change: [
      "if (capabilities?.includes(effect) === true) return;",
      "if (capabilities?.includes(effect) ?? true) return;",
    ],
    tests: READING,
  }),
  file("check-hooks")("hook-before-the-change-is-taken", {
    change: ['if (timing === "after" && operation !== undefined)', "if (operation !== undefined)"],
    tests: READING,
  }),
  file("check-texts")("text-holds-a-field-that-is-not-taken", {
    change: ["projection !== undefined && !projection.includes(field)", "false"],
    tests: READING,
  }),
  hooks("match-hooks")("condition-that-fails-is-a-silent-no", {
    change: [
      'if ("problem" in answer) undecided.push({ hook, problem: answer.problem });',
      'if ("problem" in answer) continue;',
    ],
    tests: MATCHING,
  }),
  hooks("match-hooks")("hook-fires-on-every-operation", {
    change: ["if (entity !== change.entity || of !== operation) continue;", "if (entity !== change.entity) continue;"],
    tests: MATCHING,
  }),
  hooks("apply-filter")("record-that-cannot-be-filtered-is-left-out", {
    change: ['if ("problem" in answer) return answer;', 'if ("problem" in answer) continue;'],
    tests: `${MATCHING} ${NEEDS}`,
  }),
  hooks("project")("projection-shows-what-is-not-declared", {
    change: ["entity.fields.has(name) && Object.hasOwn(record, name)", "Object.hasOwn(record, name)"],
    tests: MATCHING,
  }),
  hooks("map-parameters")("record-asks-for-a-secret-of-the-server", {
    change: ["if (holdsSecretReference(value))", "if (false)"],
    tests: MATCHING,
  }),
  hooks("map-parameters")("whole-value-becomes-a-text", {
    change: ["return fieldOf(only.root, only.field, records);", "return pieceText(only, records);"],
    tests: MATCHING,
  }),
  hooks("fan-out")("effects-of-two-records-share-a-key", {
    change: ["JSON.stringify([changeId, job, recordKey])", "JSON.stringify([changeId, job])"],
    tests: MATCHING,
  }),
  hooks("fan-out")("effect-without-its-capability", {
    change: ["assert(job.capabilities.has(job.effect),", "assert(true,"],
    tests: MATCHING,
  }),
  hooks("resolve-needs")("change-that-does-not-tell-is-taken-for-null", {
    change: ["if (value === null) return null;", "if (value === null || value === undefined) return null;"],
    tests: NEEDS,
  }),
  hooks("resolve-needs")("more-records-than-may-be", {
    change: ["if (passed.length > job.maxRecords)", "if (passed.length > job.maxRecords + 1)"],
    tests: NEEDS,
  }),
  hooks("resolve-needs")("records-in-the-order-of-the-database", {
    change: [
      "new Map(keyed.toSorted(([one], [other]) => compareKeys(one, other, entity.fields.get(entity.key))))",
      "new Map(keyed)",
    ],
    tests: NEEDS,
  }),
  hooks("expressions/expression-size")("macros-in-macros", {
    change: ["if (macro && next.inMacro)", "if (false)"],
    tests: EXPRESSIONS,
  }),
  hooks("expressions/value-type")("text-is-compared-with-a-number", {
    change: ["return given === expected;", "return true;"],
    tests: `${EXPRESSIONS} ${READING}`,
  }),
  sources("select-text")("name-ends-its-quotes", {
    change: ["name.replaceAll('\"', '\"\"')", "name"],
    tests: `${NEEDS} ${SOURCES}`,
  }),
  sources("postgres")("database-may-be-written", {
    change: ["default_transaction_read_only=on", "default_transaction_read_only=off"],
    tests: SOURCES,
  }),
  sources("postgres")("signal-while-connecting-is-missed", {
    change: ["if (signal.aborted) abort();", ""],
    tests: SOURCES,
  }),
  sources("column-json")("digits-are-lost", {
    change: ["return Number.isSafeInteger(number) ? number : String(value);", "return number;"],
    tests: SOURCES,
  }),
];
