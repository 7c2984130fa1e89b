import type { LedgerCheckpoint, LedgerReport } from "#evidence";
import type { JsonObject } from "#model";
import { safeText } from "../text/safe-text.ts";
import { counted } from "../text/words.ts";
import type { VerdictStyle } from "./verdict.ts";

/** What was asked of a verification of a ledger, and what it found. */
export interface LedgerVerdict {
  readonly report: LedgerReport;
  /** The state directory. */
  readonly directory: string;
  /** Whether the key was given, and not only found beside the ledger. */
  readonly keyGiven: boolean;
  /** How many kept checkpoints were given. */
  readonly since: number;
}

const RULE_COLUMNS = 60;

/** What a verification proves. */
function provenBy({ report, keyGiven }: LedgerVerdict): readonly string[] {
  const { ok, keyId, continues, runs } = report;
  if (!ok) return [];
  return [
    "the entries, the tiles and the checkpoint fit together: no leaf was changed, removed, inserted or swapped since it was signed",
    ...(keyGiven ? [`the key ${keyId ?? ""} has signed it`] : []),
    ...(continues.length > 0
      ? ["since the kept checkpoints the ledger has only grown: nothing that it told then was taken back"]
      : []),
    ...(runs.compared
      ? [
          "each run that it lists is there with the first line that it had, the sealed ones with every line; and no other run is there",
        ]
      : []),
  ];
}

/** What a verification does not prove. */
function notProvenBy({ report, keyGiven }: LedgerVerdict): readonly string[] {
  const { ok, continues, runs, doubtCount } = report;
  return [
    ...(ok ? [] : ["which of it is true: it does not hold together"]),
    ...(keyGiven ? [] : ["who signed it: the key was found beside the ledger; give the one that you know (--key)"]),
    ...(continues.length > 0
      ? []
      : ["that no older copy of everything was put back: compare with a checkpoint that was kept elsewhere (--since)"]),
    ...(runs.compared ? [] : ["that the runs are there: their files were not compared"]),
    ...(doubtCount > 0 ? [`how ${counted(doubtCount, "run")} ended: without a seal a cut end does not show`] : []),
    "that the ledger was told of every run: one whose process died before its leaf was written can have been deleted before the next start",
  ];
}

/** The verdict for people. */
export function ledgerVerdictText(verdict: LedgerVerdict, { paint }: VerdictStyle): string {
  const { report, directory, since } = verdict;
  const { ok, origin, size, root, keyId, continues, runs, problems, doubts } = report;
  const sign = (good: boolean, yes: string, no: string): string =>
    good ? paint("good", `✓ ${yes}`) : paint("bad", `✗ ${no}`);
  return [
    paint("strong", `Ledger: ${safeText(directory)}`),
    "=".repeat(RULE_COLUMNS),
    `Ledger: ${sign(ok, "WHOLE", "BROKEN")}`,
    `Signature: ${sign(keyId !== undefined, safeText(keyId ?? ""), "NOT OF THIS KEY")}`,
    ...(since > 0 ? [`Since: ${sign(continues.length === since, "CONTINUED", "NOT CONTINUED")}`] : []),
    `Origin: ${safeText(origin ?? "unknown")}`,
    `Tree: ${size === undefined ? "unknown size" : `${size} ${size === 1 ? "leaf" : "leaves"}`}, root ${safeText(root ?? "none")}`,
    `Runs: ${runs.created} created, ${runs.sealed} sealed, ${runs.compared ? "compared" : "not compared"}`,
    ...listed("Problems", [...problems.map(line), ...more(report.problemCount, problems.length)]),
    ...listed("In doubt", [...doubts.map(line), ...more(report.doubtCount, doubts.length)]),
    ...listed(
      "Proven",
      provenBy(verdict).map((text) => `+ ${text}`),
    ),
    ...listed(
      "Not proven",
      notProvenBy(verdict).map((text) => `- ${text}`),
    ),
    "",
  ].join("\n");
}

function more(count: number, shown: number): readonly string[] {
  return count > shown ? [`and ${count - shown} more`] : [];
}

function line({
  code,
  runId,
  message,
}: {
  readonly code: string;
  readonly runId?: string;
  readonly message: string;
}): string {
  return safeText(runId === undefined ? `${code}: ${message}` : `${code} ${runId}: ${message}`);
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((text) => `  ${text}`)];
}

/** The verdict for programs. */
export function ledgerVerdictJson(verdict: LedgerVerdict): JsonObject {
  const { report, directory, since } = verdict;
  const { ok, origin, size, root, keyId, continues, runs, problems, doubts } = report;
  const finding = ({ code, runId, message }: (typeof problems)[number] | (typeof doubts)[number]): JsonObject => ({
    code,
    run_id: runId ?? null,
    message,
  });
  return {
    ok,
    source: directory,
    origin: origin ?? null,
    size: size ?? null,
    root: root ?? null,
    key_id: keyId ?? null,
    since,
    continues: [...continues],
    runs: { ...runs },
    problems: problems.map(finding),
    problem_count: report.problemCount,
    doubts: doubts.map(finding),
    doubt_count: report.doubtCount,
    proven: provenBy(verdict),
    not_proven: notProvenBy(verdict),
  };
}

/** What a checkpoint says, for people. */
export function treeHeadText({ origin, size, root, note }: LedgerCheckpoint): string {
  return [
    `Origin: ${safeText(origin)}`,
    `Leaves: ${size}`,
    `Root: ${root.toString("base64")}`,
    ...note.signatures.map(({ name, keyId }) => `Signed: ${safeText(name)} with the key ${keyId}`),
    "",
  ].join("\n");
}

/** What a checkpoint says, for programs. */
export function treeHeadJson({ origin, size, root, note }: LedgerCheckpoint): JsonObject {
  const signatures = note.signatures.map(({ name, keyId }) => ({ name, key_id: keyId }));
  return { origin, size, root: root.toString("base64"), signatures };
}
