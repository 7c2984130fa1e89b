import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const MATRIX = "api/identity/authorization-matrix";
const TENANTS = "api/identity/tenants";
const DENIALS = "orchestration/denials/denial-log";
const DOCTOR = "cli/server-findings";
const ACCESS = "api/identity/access";
const [BOUNDS, DENIED] = ["api/identity/principal-limits", "api/identity/matrix/denied-calls"];
const CALLERS = "api/identity/matrix/recorded-callers";

const at =
  (file: string) =>
  (name: string, change: Change, tests: string): Mutant =>
    mutant(name, "P7", { file: `src/api/${file}.ts`, change, tests });

const [access, table, kept] = [
  at("grpc/access/access"),
  at("grpc/access/authorization-table"),
  at("grpc/access/kept-apart"),
];
const [about, doctor] = [at("grpc/server-service"), at("../cli/server-findings")];
const [counted, denials] = [at("../orchestration/denials/counted-denials"), at("../orchestration/denials/denial-log")];
const [own, gate, port] = [at("grpc/access/own-things"), at("grpc/gate"), at("grpc/side-port-answers")];
const [verifier, keys, names] = [at("identity/token-verifier"), at("identity/key-set"), at("identity/principal-name")];
const [limits, budget] = [at("grpc/access/principal-limits"), at("grpc/budget")];
const [identities, certificate, evidence] = [
  at("identity/identities"),
  at("identity/certificate-identity"),
  at("grpc/evidence-service"),
];

/** Mistakes in who is let in, as whom, and to what. */
export const IDENTITY_MUTANTS: readonly Mutant[] = [
  counted(
    "strangers-decide-how-many-kinds-a-record-has",
    [
      "this.#counted.size < KINDS_PER_RECORD && (kinds.has(key) || kinds.size < KINDS_PER_MINUTE)",
      "key.length > kinds.size * 0",
    ],
    DENIALS,
  ),
  counted(
    "new-kinds-of-a-minute-have-room-in-each-record",
    ["kinds.size < KINDS_PER_MINUTE", "kinds.size < KINDS_PER_MINUTE * 60"],
    DENIALS,
  ),
  counted("a-denial-is-counted-twice", ["known.count += 1;", "known.count += 2;"], DENIALS),
  denials(
    "denials-are-recorded-as-often-as-they-come",
    ["Math.min(LONGEST_MS, this.#waitMs * 2)", "SHORTEST_MS"],
    DENIALS,
  ),
  denials(
    "the-log-of-yesterday-stays-open",
    ['await this.#append({ day, id, size }, [draft("denials.closed", at)]);', ""],
    DENIALS,
  ),
  denials("a-store-of-denials-that-fails-is-asked-again-and-again", ["this.#hasFailed = true;", ""], DENIALS),
  about(
    "everybody-is-told-why-the-store-has-halted",
    ["seesAllRuns(principal) ? (store.halted", "true ? (store.halted"],
    DOCTOR,
  ),
  about(
    "what-is-closed-to-tenants-is-told-as-open-to-them",
    ['!(isTenants && rule?.keeps === "closed")', "!(isTenants && rule === undefined)"],
    DOCTOR,
  ),
  doctor("looking-at-a-server-leaves-denials-behind", ["caller.methods.includes(method)", 'method !== ""'], DOCTOR),
  gate("a-call-is-let-in-without-a-look-at-the-table", ["access.enter(principal, path);", "() => undefined;"], MATRIX),
  port(
    "the-side-port-does-not-look-at-the-table",
    ["access.enter(principal, pathOf(request));", "() => undefined;"],
    ACCESS,
  ),
  access(
    "a-method-without-a-row-is-let-in",
    ["if (may === undefined) return false;", "if (may === undefined) return true;"],
    ACCESS,
  ),
  access("one-role-of-many-is-enough-only-if-it-is-all", ["may.some(", "may.every("], MATRIX),
  access(
    "the-start-does-not-ask-for-rows",
    ["if (violations.length === 0) return;", "if (violations.length >= 0) return;"],
    ACCESS,
  ),
  table(
    "a-row-is-missing",
    ["  ...evidence,\n", '  ...evidence.filter(([path]) => !path.endsWith("/VerifyRun")),\n'],
    ACCESS,
  ),
  table(
    "an-approver-submits",
    ['may: ["submitter"],\n    keeps: { makes: "run"', 'may: ["submitter", "approver"],\n    keeps: { makes: "run"'],
    "api/identity/roles",
  ),
  verifier("the-header-of-a-token-chooses-its-algorithm", ["algorithms: [...algorithms],", ""], MATRIX),
  verifier("the-audience-of-a-token-is-not-asked-for", ["        audience,\n", ""], MATRIX),
  verifier("the-issuer-of-a-token-is-not-asked-for", ["        issuer,\n", ""], MATRIX),
  verifier("a-token-needs-no-end", ['requiredClaims: ["sub", "exp"]', 'requiredClaims: ["sub"]'], MATRIX),
  verifier("a-token-may-be-of-any-length", ["if (token.length > tokenBytes)", "if (token.length < 0)"], MATRIX),
  verifier(
    "a-token-without-a-tenant-sees-everything",
    ["if (refused !== undefined) throw notAccepted(refused);", "if (refused !== undefined) return undefined;"],
    MATRIX,
  ),
  names(
    "a-token-may-have-the-machines-own-name",
    ['|| OWN_NAMES.has(word.normalize("NFKC").trim().toLowerCase())', ""],
    MATRIX,
  ),
  keys("a-broken-key-file-leaves-the-old-keys", ["      keys = undefined;\n", ""], ACCESS),
  keys(
    "a-server-of-keys-that-is-down-is-asked-for-every-call",
    ["failedAtMs = clock.monotonicMs();", "failedAtMs = -Infinity;"],
    ACCESS,
  ),
  identities(
    "a-certificate-and-a-token-may-name-two",
    ["if (known === undefined || (", 'if (known?.name !== "" || ('],
    ACCESS,
  ),
  certificate(
    "a-certificate-stands-for-whoever-its-name-ends-with",
    ["certificate.dnsSans.includes(dns)", "certificate.dnsSans.some((name) => name.endsWith(dns))"],
    ACCESS,
  ),
  own("a-tenant-is-compared-without-the-dot", ["return `${tenant}.`;", "return tenant;"], TENANTS),
  own(
    "a-tenant-is-looked-for-anywhere-in-an-id",
    ["return id.startsWith(ownPrefix(tenant));", "return id.length > 0;"],
    TENANTS,
  ),
  kept(
    "the-name-in-the-request-is-believed",
    ['if (asked === "" || asked === name) return name;', "if (asked !== name) return asked || name;"],
    TENANTS,
  ),
  access(
    "what-is-closed-to-tenants-is-open",
    ['rule?.keeps === "closed" && proven?.tenant !== undefined', 'rule?.keeps === "closed" && proven?.tenant === ""'],
    MATRIX,
  ),
  evidence(
    "a-payload-is-told-to-whoever-knows-its-digest",
    ['ownIdsOf(principal) === "" || (', 'digest !== "" || ('],
    TENANTS,
  ),
  evidence(
    "a-page-may-begin-at-anothers-run",
    ["before === undefined || before.startsWith(begins)", 'before !== ""'],
    TENANTS,
  ),
  names(
    "namesakes-of-two-tenants-are-one",
    ['return `${proven?.tenant ?? ""} ${name}`;', 'return proven === undefined ? "" : name;'],
    BOUNDS,
  ),
  limits("whoever-has-a-call-under-way-is-forgotten", ["      if (inFlight > 0) continue;\n", ""], BOUNDS),
  budget(
    "who-fills-the-line-is-served-before-the-others",
    ["const holds = this.#holding.get(share.owner) ?? 0;", "const holds = share.owner.length * 0;"],
    "api/budget",
  ),
  gate("a-denied-call-is-read-to-its-end", ["    stream.pause();\n    closeAfter", "    closeAfter"], DENIED),
  kept("nobody-is-told-of-forged-names", ["options.onDenied?.(principal, path, error.message);", ""], CALLERS),
];
