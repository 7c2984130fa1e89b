import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** `verbatim explain CONTRACT`: each rule of eligibility with what it saw, what it wants, and why it holds or not. */
export async function explain(
  contractId: string,
  flags: CommonFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  await using connection = await host.connect(flags);
  const told = await connection.client.contracts.explainContract({ contractId });
  const { decision, rulesVersion } = told;
  const rules = told.rules.map(({ rule, holds, fact, threshold, sentence }) => ({
    rule,
    holds,
    fact,
    threshold,
    sentence,
  }));
  if (json) {
    await stdout.json(`${JSON.stringify({ contract_id: contractId, decision, rules_version: rulesVersion, rules })}\n`);
    return EXIT.succeeded;
  }
  for (const { rule, holds, fact, threshold, sentence } of rules) {
    const mark = holds ? stdout.paint("good", "✓ holds") : stdout.paint("bad", "✗ fails");
    await stdout.line(`${rule}  ${mark}  ${safeText(fact)}; wanted: ${safeText(threshold)}`);
    if (!holds) await stdout.line(`       ${safeText(sentence)}`);
  }
  await stdout.line(`${decision === "" ? "Eligibility was not asked." : decision} (rules ${rulesVersion || "-"})`);
  return EXIT.succeeded;
}

/** `verbatim replay-verdict CONTRACT`: computes the recorded verdicts again from their recorded facts. Exit code 0 if all agree. */
export async function replayVerdicts(
  contractId: string,
  flags: CommonFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  await using connection = await host.connect(flags);
  const { replayed, differing } = await connection.client.contracts.explainContract({ contractId });
  if (json) await stdout.json(`${JSON.stringify({ contract_id: contractId, replayed, differing })}\n`);
  else if (replayed) await stdout.line("Every recorded verdict comes out again from its recorded facts.");
  else await stdout.line(`These come out differently: ${differing.map(safeText).join(", ")}.`);
  return replayed ? EXIT.succeeded : EXIT.runFailed;
}

/** `verbatim contract audit CONTRACT`: each check of the audit, and what it saw. */
export async function showAudit(
  contractId: string,
  flags: CommonFlags,
  { host, stdout, json }: Session,
): Promise<number> {
  await using connection = await host.connect(flags);
  const { jobId, checks, verdict, resolution, resolvedBy } = await connection.client.audits.getAudit({ contractId });
  if (json) {
    const said = checks.map(({ check, outcome, sentence }) => ({ check, outcome, sentence }));
    await stdout.json(
      `${JSON.stringify({ contract_id: contractId, job_id: jobId, verdict, checks: said, resolution, resolved_by: resolvedBy })}\n`,
    );
    return EXIT.succeeded;
  }
  for (const { check, outcome, sentence } of checks)
    await stdout.line(`${check}  ${outcome.padEnd(12)}  ${safeText(sentence)}`);
  await stdout.line(verdict === "" ? "There was no audit yet." : `${verdict} for job ${safeText(jobId)}`);
  if (resolution !== "") await stdout.line(`${resolution}, said ${safeText(resolvedBy)}`);
  return EXIT.succeeded;
}

/** `verbatim contract rollout CONTRACT [--advance STAGE]`: how far a change is visible; with `--advance` it becomes more so. */
export async function rollout(
  contractId: string,
  flags: CommonFlags & { readonly advance?: string; readonly actor: string },
  { host, stdout, json }: Session,
): Promise<number> {
  await using connection = await host.connect(flags);
  const { rollouts } = connection.client;
  const { stage, since } =
    flags.advance === undefined
      ? await rollouts.getRollout({ contractId })
      : await rollouts.advanceRollout({ contractId, to: flags.advance, actor: flags.actor });
  if (json) await stdout.json(`${JSON.stringify({ contract_id: contractId, stage, since })}\n`);
  else await stdout.line(`${stage}${since === "" ? "" : ` since ${since}`}`);
  return EXIT.succeeded;
}
