import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, "P7", { file: `src/${file}.ts`, change, tests });

const forms = at("effects/secrets/secret-forms");
const [finder, stream] = [at("effects/secrets/pattern-finder"), at("effects/secrets/stream-redactor")];
const [redactor, vault] = [at("effects/secrets/redactor"), at("effects/secrets/secret-vault")];
const wrapper = at("effects/secrets/redacted-step-type");
const capture = at("effects/step-handlers/command-run/output-capture");
const [disclosure, conceal] = [at("evidence/disclosure"), at("worker/conceal-output")];

const REDACTOR = "effects/secrets/redactor";

/** A form of a secret that is not looked for. */
function without(form: string): { change: Change; tests: string } {
  return { change: [`, ...${form}`, ""], tests: REDACTOR };
}

/** Mistakes in what is kept from the log. */
export const SECRET_MUTANTS: readonly Mutant[] = [
  forms("no-base64-is-looked-for", without("base64Forms(bytes)")),
  forms("no-hexadecimal-digits-are-looked-for", without("hexForms(bytes)")),
  forms("no-url-escapes-are-looked-for", without("urlForms(piece, bytes)")),
  forms("no-json-escapes-are-looked-for", without("jsonForms(piece)")),
  forms("base64-at-one-place-only", { change: ["return [0, 1, 2].flatMap(", "return [0].flatMap("], tests: REDACTOR }),
  forms("capital-hexadecimal-digits-forgotten", {
    change: ["return [lower, lower.toUpperCase()];", "return [lower];"],
    tests: REDACTOR,
  }),
  forms("lines-of-a-key-forgotten", {
    change: ["if (lines.length === 1) return [secret];", "if (lines.length > 0) return [secret];"],
    tests: REDACTOR,
  }),
  finder("line-breaks-hide-a-secret", {
    change: ["if (this.#breaks > BREAKS_PASSED_OVER) this.#joined = 0;", "this.#joined = this.#exact;"],
    tests: REDACTOR,
  }),
  stream("borders-of-chunks-hide-a-secret", {
    change: ["const settled = this.#finder.settled;", "const settled = this.#start + bytes.length;"],
    tests: REDACTOR,
  }),
  stream("a-new-value-is-not-looked-for-in-open-streams", {
    change: ["if (now === this.#patterns) return;", "if (now !== undefined) return;"],
    tests: REDACTOR,
  }),
  stream("what-is-held-at-the-end-is-lost", {
    change: ["const bytes = this.#held;", "const bytes = Buffer.alloc(0);"],
    tests: REDACTOR,
  }),
  redactor("names-of-members-are-not-scrubbed", {
    change: ["unlike(this.text(name), members)", "unlike(name, members)"],
    tests: REDACTOR,
  }),
  vault("a-value-is-handed-out-before-it-can-be-scrubbed", {
    change: ["      redactor.learn(new Map([[name, reading.value]]));\n", ""],
    tests: "effects/secrets/secret-vault",
  }),
  wrapper("thrown-errors-are-not-scrubbed", {
    change: ["throw redactedError(thrown, redactor);", "throw thrown;"],
    tests: "effects/secrets/redacted-step-type",
  }),
  capture("scrubbed-only-after-it-was-counted-and-hashed", {
    change: ["return redactor === undefined ? plain : redactedSink(plain, redactor);", "return plain;"],
    tests: "effects/step-handlers/command-run/secrets",
  }),
  disclosure("commitments-without-salt", {
    change: [
      "const said = Array.isArray(parent) ? [newSalt(), value] : [newSalt(), name, value];",
      'const said = Array.isArray(parent) ? ["", value] : ["", name, value];',
    ],
    tests: "evidence/disclosure",
  }),
  disclosure("a-changed-output-is-not-noticed", {
    change: ["if (digest(canonicalJson(output)) !== hash)", 'if (hash === "")'],
    tests: "evidence/disclosure",
  }),
  conceal("values-are-kept-after-the-record", {
    change: [
      "      keeper.keep(\n",
      '      setTimeout(\n        (...kept: Parameters<DisclosureKeeper["keep"]>) => keeper.keep(...kept),\n        50,\n',
    ],
    tests: "orchestration/conceal-output",
  }),
];
