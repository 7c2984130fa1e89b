import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string, breaks: string) =>
  (name: string, { change, tests }: { change: Change | readonly Change[]; tests: string }): Mutant =>
    mutant(name, breaks, { file: `src/${file}.ts`, change, tests });

const HANDLERS = "effects/step-handlers";
const [paths, files] = [at(`${HANDLERS}/permitted-path`, "P7"), at(`${HANDLERS}/files/permitted-file`, "P7")];
const [lines, presets] = [at(`${HANDLERS}/lines/scan-lines`, "P5"), at(`${HANDLERS}/lines/log-presets`, "P5")];
const [urls, post] = [at(`${HANDLERS}/http/permitted-url`, "P7"), at(`${HANDLERS}/webhook-post`, "P7")];
const [address, mail] = [at(`${HANDLERS}/email/address`, "P7"), at(`${HANDLERS}/email/send-mail`, "P7")];
const command = at(`${HANDLERS}/command-run`, "P6");
const [supervisor, handlers] = [at(`${HANDLERS}/command-run/supervisor-process`, "P6"), at("main/handler-files", "P7")];
const meter = at(`${HANDLERS}/command-run/resource-meter`, "P4");

const isolation = (file: string) => at(`${HANDLERS}/command-run/isolation/${file}`, "P7");

const FILES = `${HANDLERS}/check-files`;
const LEVELS = `${HANDLERS}/command-run/isolation`;
const MAIL = `${HANDLERS}/email-send`;

/** Mistakes in what steps may do and in what is told of them. */
export const STEP_MUTANTS: readonly Mutant[] = [
  paths("links-lead-out-of-permitted-directories", {
    change: ["if (!isInside(real.path, realRoots)) return refused(OUTSIDE);", ""],
    tests: FILES,
  }),
  files("a-check-waits-for-a-pipe", {
    change: ["if (!look.stats.isFile()) {", "if (look.stats.isDirectory()) {"],
    tests: FILES,
  }),
  lines("the-last-line-without-an-end-is-not-looked-at", {
    change: ["if (rest.length > 0) seen.take(rest);", ""],
    tests: FILES,
  }),
  lines("a-half-line-is-not-looked-at-again", {
    change: ["if (last >= 0) return fromByte - back + last + 1;", "if (last >= 0) return fromByte;"],
    tests: FILES,
  }),
  presets("success-is-an-error-of-oracle", { change: ["0{0,4}[1-9][0-9]{0,4}", "[0-9]{1,5}"], tests: FILES }),
  urls("any-port-of-a-listed-host-may-be-asked", {
    change: ["return hosts.includes(host);", "return hosts.some((one) => one.split(':')[0] === host.split(':')[0]);"],
    tests: `${HANDLERS}/check-http-ok`,
  }),
  post("a-busy-receiver-is-a-failure-for-good", {
    change: ["status === 408 || status === 429 || status >= 500", "status >= 500"],
    tests: `${HANDLERS}/webhook-post`,
  }),
  address("a-domain-stands-for-those-below-it", {
    change: [
      "[asked, domain].includes(entry.toLowerCase())",
      "asked === entry.toLowerCase() || domain.endsWith(entry.toLowerCase().slice(1))",
    ],
    tests: MAIL,
  }),
  mail("mail-goes-without-encryption-where-there-is-none", {
    change: ['requireTLS: smtp.security === "starttls",', "requireTLS: false,"],
    tests: MAIL,
  }),
  mail("any-certificate-will-do", { change: ["rejectUnauthorized: true", "rejectUnauthorized: false"], tests: MAIL }),
  command("a-command-runs-without-a-supervisor", {
    change: [
      'if ("problem" in supervised) return failure(`nothing is started: ${supervised.problem}`, "transient_io");',
      'if ("problem" in supervised) return supervise(command, { declared, program, surroundings: { ...surroundings, host: { ...host, supervisor: { open: async () => ({ started: () => undefined, close: () => undefined }) } as never } } });',
    ],
    tests: `${HANDLERS}/command-run/supervisor`,
  }),
  supervisor("commands-survive-a-killed-server", {
    change: ["await endWhatIsOpen();\n\n", "\n"],
    tests: "faults/killed-server-commands",
  }),
  supervisor("the-supervisor-leaves-when-all-are-told-to", {
    change: ["process.on(signal, () => undefined);", "process.on(signal, () => process.exit());"],
    tests: "faults/killed-server-commands",
  }),
  meter("processor-time-of-others-is-counted", {
    change: ["tree.waitedTicks = now - this.#waitedTicks;", "tree.waitedTicks = now;"],
    tests: `${HANDLERS}/command-run/resource-meter`,
  }),
  handlers("handlers-are-loaded-from-where-others-write", {
    change: ["if ((mode & WRITABLE_BY_GROUP_OR_OTHERS) !== 0) {", "if (mode === 0) {"],
    tests: "main/load-handlers",
  }),
  handlers("handlers-are-loaded-from-anywhere", {
    change: ["if (root === undefined) return", "if (roots.length === 0) return"],
    tests: "main/load-handlers",
  }),
  command("the-isolation-that-a-step-demands-is-ignored", {
    change: ['strongerOf(policy.isolation.level, declared.isolation ?? "group")', "policy.isolation.level"],
    tests: `${LEVELS}/demanded`,
  }),
  command("a-demand-lowers-the-isolation-of-the-server", {
    change: [
      'strongerOf(policy.isolation.level, declared.isolation ?? "group")',
      "declared.isolation ?? policy.isolation.level",
    ],
    tests: `${LEVELS}/demanded`,
  }),
  isolation("wrapping")("commands-stay-the-server-s-user", {
    change: ["`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, ", ""],
    tests: `${LEVELS}/limited`,
  }),
  isolation("seen-isolation")("the-level-recorded-is-the-one-asked-for", {
    change: [
      'const level = unlimited.length > 0 ? "group" : open.length > 0 ? "limited" : "sandbox";',
      "const { level } = expected.options;",
    ],
    tests: `${LEVELS}/seen-isolation`,
  }),
  isolation("seen-isolation")("the-limits-recorded-are-the-configured-ones", {
    change: ["facts.limits.get(kernel) ?? null", "1"],
    tests: `${LEVELS}/limited`,
  }),
  isolation("entrance")("a-command-begins-at-less-than-its-level", {
    change: ["if (!isAtLeast(seen.level, level)) return", "if (seen.level === undefined) return"],
    tests: `${LEVELS}/seen-isolation`,
  }),
  isolation("entrance")("a-program-that-cannot-be-started-has-exited", {
    change: ["if (failed !== undefined && entrance", "if (failed === '' && entrance"],
    tests: `${LEVELS}/limited`,
  }),
  isolation("sandbox-arguments")("a-sandbox-has-the-network", {
    change: ['network ? [] : ["--unshare-net"],', "[],"],
    tests: `${LEVELS}/sandbox`,
  }),
  isolation("sandbox-arguments")("a-sandbox-shows-the-evidence", {
    change: ["hidden.flatMap(hiddenDirectory),", "[],"],
    tests: `${LEVELS}/sandbox`,
  }),
  isolation("sandbox-arguments")("a-sandbox-outlives-server-and-supervisor", {
    change: ['["--die-with-parent"],', "[],"],
    tests: "faults/killed-isolated-commands",
  }),
  isolation("wrapping")("a-sandbox-may-not-clean-up", {
    change: ['"--ignore-signal=TERM"', '"--default-signal=TERM"'],
    tests: `${LEVELS}/sandbox`,
  }),
  isolation("try-isolation")("isolation-is-not-tried-out", {
    change: ["if (violations.length === 0) return;", "if (violations.length >= 0) return;"],
    tests: `${LEVELS}/demanded`,
  }),
  at("main/configured-step-types", "P5")("a-server-starts-with-less-isolation-than-is-configured", {
    change: ["await type.tryIsolation();", "await type.name;"],
    tests: "faults/killed-isolated-commands",
  }),
  isolation("isolation-options")("root-runs-commands-as-root", {
    change: ["if (self.uid === 0) {", "if (self.uid < 0) {"],
    tests: `${LEVELS}/demanded`,
  }),
];
