import { createHash } from "node:crypto";
import type { Finding, ReportedFinding } from "./finding.ts";

const ID_LETTERS = 8;
const FINGERPRINT_LETTERS = 32;

/**
 * Gives each finding its fingerprint: made of law, file, message and the way, but of no line, so that code may move
 * without the finding becoming another. Findings that are alike are counted, in the order of the list.
 */
export function identified(findings: readonly Finding[]): ReportedFinding[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const { law, rule, file, message, chain } = finding;
    const key = JSON.stringify([law, rule, file, message, chain.map((hop) => [hop.file, hop.specifier ?? ""])]);
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    const digest = createHash("sha256").update(`${key}${nth}`).digest("hex");
    return { ...finding, id: digest.slice(0, ID_LETTERS), fingerprint: digest.slice(0, FINGERPRINT_LETTERS) };
  });
}
