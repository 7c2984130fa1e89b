import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string, breaks: string, tests: string) =>
  (name: string, change: Change | readonly Change[]): Mutant =>
    mutant(name, breaks, { file: `src/effects/${file}.ts`, change, tests });

const ISOLATED = "effects/providers/isolated-provider";
const registry = at("registered-providers", "P5", "effects/registered-providers");
const process = at("providers/isolated/provider-process", "P6", ISOLATED);
const pool = at("providers/isolated/process-pool", "P6", "effects/providers/process-pool");
const isolated = at("providers/isolated-provider", "P7", ISOLATED);
const reply = at("providers/isolated/read-reply", "P7", ISOLATED);
const schema = at("providers/isolated/parameter-schema", "P7", "effects/providers/parameter-schema");
const FILE = "effects/step-handlers/file-write";
const file = at("step-handlers/file-write", "P7", FILE);
const jail = at("step-handlers/file-write/jail", "P7", FILE);
const place = at("step-handlers/file-write/place-file", "P7", FILE);
const RECORDS = "conformance/record-writer";
const create = at("step-handlers/entity-create", "P7", RECORDS);
const insert = at("record-writers/insert-text", "P2", RECORDS);
const sqlite = at("record-writers/sqlite", "P7", RECORDS);
const postgres = at("record-writers/postgres", "P6", RECORDS);

/** Mistakes in providers and in what files and records are written by. */
export const PROVIDER_MUTANTS: readonly Mutant[] = [
  registry("a-second-provider-takes-a-capability-over", [
    "names.indexOf(capability) < place ? name : this.#providerOf.get(capability)",
    "names.indexOf(capability) < place ? name : undefined",
  ]),
  registry("the-first-failed-provider-hides-the-others", [
    "violations.push({ field: `providers.${provider.name}`, description: described(error) });",
    "violations.push({ field: `providers.${provider.name}`, description: described(error) }); break;",
  ]),
  registry("providers-are-closed-in-the-order-of-their-start", ["this.#providers.toReversed()", "this.#providers"]),
  registry("a-server-starts-without-the-providers-that-failed", [
    "const closing = await this.#closeAll();",
    "return; const closing = await this.#closeAll();",
  ]),
  process("a-provider-that-does-not-stop-is-left-alone", [
    "disarm = this.#clock.after(graceMs, () => this.kill(",
    "disarm = this.#clock.after(graceMs * 1000, () => this.kill(",
  ]),
  process("a-provider-has-the-servers-environment", [
    "env: { ...environment, [MARKER_NAME]: marker },",
    "env: { ...process.env, ...environment, [MARKER_NAME]: marker },",
  ]),
  process("a-provider-may-say-something-without-being-asked", [
    'if (answered === undefined) throw new Error("it said something without being asked");',
    "if (answered === undefined) return;",
  ]),
  process("what-a-provider-started-outlives-it", [
    "await endTree(this.#tree, { graceMs: 0, clock: this.#clock });\n    return this.#how;",
    "return this.#how;",
  ]),
  pool("a-dying-provider-is-started-without-end", ["this.#startedAtMs.length >= STARTS_PER_MINUTE", "false"]),
  pool("a-stopped-call-waits-for-a-process", [
    'signal.addEventListener("abort", abort, { once: true });\n    await promise;',
    "await promise;",
  ]),
  isolated("a-provider-is-given-every-secret", [
    "return { problem: `the secret ${name} cannot be used: ${answer.problem}` };\n      values[name] = answer.value;",
    'return { problem: `the secret ${name} cannot be used: ${answer.problem}` };\n      values[name] = answer.value; values["other"] = "x";',
  ]),
  isolated("a-changed-module-is-taken-for-the-same", ["JSON.stringify(capabilities) === this.#said", "true"]),
  isolated("a-death-in-a-call-is-for-good", [
    'return failure(text, "transient_io");',
    'return failure(text, "permanent");',
  ]),
  isolated("a-step-reaches-a-provider-unchecked", [
    "return violations.length > 0 ? malformed(violations) : await",
    "return violations.length > 1000 ? malformed(violations) : await",
  ]),
  reply("an-answer-may-hold-more-than-a-result", [
    "const stepOutput = z\n  .strictObject({",
    "const stepOutput = z\n  .object({",
  ]),
  reply("success-with-an-error-is-success", [
    "if (success && (error !== undefined || errorClass !== undefined))",
    "if (success && errorClass !== undefined)",
  ]),
  schema("a-member-that-is-not-declared-is-fine", [
    'if (schema["additionalProperties"] === true) return () => undefined;',
    'if (schema["additionalProperties"] !== false) return () => undefined;',
  ]),
  schema("a-word-that-is-not-known-is-passed-over", [
    "if (make === undefined)\n",
    "if (make === undefined) return [];\n    if (make === undefined)\n",
  ]),
  file("a-path-may-go-up", ['name === "." || name === ".."', 'name === "."']),
  file("what-is-ours-may-be-written", ["name.startsWith(RESERVED)", "false"]),
  jail("a-directory-is-reached-over-a-link", [
    "openSync(within(last, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)",
    "openSync(within(last, name), O_RDONLY | O_DIRECTORY)",
  ]),
  place("a-file-is-written-over-what-must-stay", ["else linkSync(from, to);", "else renameSync(from, to);"]),
  place("a-link-is-replaced", [
    'return { failed: failure(`${file.path} is a symbolic link, and none is followed`, "sandbox_violation") };',
    'return "other";',
  ]),
  place("the-same-bytes-are-written-again", ["isSame && holds(descriptor, file.bytes)", "false"]),
  place("permissions-are-what-the-umask-leaves", ["fchmodSync(descriptor, permissions);", ""]),
  create("any-column-may-be-given", [
    ".filter((name) => !target.fields.has(name))",
    ".filter((name) => name === target.key)",
  ]),
  create("a-value-of-another-type-goes-to-the-database", [
    "if (type === undefined || value === null || FITS[type](value)) return [];",
    "if (type === undefined || value === null || value !== undefined) return [];",
  ]),
  insert("a-repetition-makes-a-second-record", [" ON CONFLICT (${own}) DO NOTHING", ""]),
  insert("any-conflict-is-a-repetition", ["ON CONFLICT (${own}) DO NOTHING", "ON CONFLICT DO NOTHING"]),
  sqlite("a-missing-database-is-made", ['url.searchParams.set("mode", "rw");', 'url.searchParams.set("mode", "rwc");']),
  postgres("a-stop-while-the-pool-is-made-is-not-heard", [
    "if (signal.aborted) stop(); // while the pool was made",
    "",
  ]),
];
