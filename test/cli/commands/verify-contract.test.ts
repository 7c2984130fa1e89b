import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RecordDraft } from "#evidence";
import { startHouse } from "../../api/support/house.ts";
import type { House } from "../../api/support/house.ts";
import {
  activated,
  completedContract,
  CONTRACT,
  CONTRACT_JOB,
  CONTRACT_PLAN_HASH,
  failedContract,
  rollback,
} from "../../evidence/support/contract-log.ts";
import { eventIds } from "../../evidence/support/event-ids.ts";
import { referenceLines } from "../../evidence/support/reference-format.ts";
import { runCommand } from "../support/house-host.ts";
import type { CommandEnd } from "../support/house-host.ts";

let house: House;
beforeEach(async () => {
  house = await startHouse();
});
afterEach(() => house[Symbol.asyncDispose]());

/** What `verify` says of a file with these records. */
async function verified(records: readonly RecordDraft[], ...flags: readonly string[]): Promise<CommandEnd> {
  return await verifiedLines(referenceLines(CONTRACT, records, eventIds()), ...flags);
}

async function verifiedLines(lines: readonly string[], ...flags: readonly string[]): Promise<CommandEnd> {
  const path = join(house.directory, "contract.jsonl");
  await writeFile(path, lines.map((line) => `${line}\n`).join(""));
  return await runCommand(house, ["verify", path, ...flags]);
}

describe("verify of the log of a contract", () => {
  test("tells of one that is terminal and sound who asked, who approved, its job and its audit, and ends with 0", async () => {
    const { code, out } = await verified(completedContract());
    expect(code).toBe(0);
    expect(out).toContain("Chain: ✓ WHOLE\nLaws: ✓ KEPT\nEnd: ? UNSEALED: tail not provable\n");
    expect(out).toContain(`Contract: ${CONTRACT}
State: COMPLETED, version 6
Submitted by: ada
Approved by: grace
Plan approved: ${CONTRACT_PLAN_HASH}
Job: ${CONTRACT_JOB}
Audit: PASS of job ${CONTRACT_JOB}
Log: 9 lines, head `);
    expect(out).toContain("+ the records keep the laws: the contract went only through states");
    expect(out).toContain(
      `- what the job did: that stands in its own log; verify it as well (verbatim verify ${CONTRACT_JOB})`,
    );
    expect(out).toContain("- that nothing was told behind the end");
    expect(out).not.toContain("run.completed");
  });

  test("tells programs the same, and what was told behind the end", async () => {
    const { code, out } = await verified([...failedContract(), rollback("COMPLETED")], "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      kind: "contract",
      run_id: CONTRACT,
      complete: true,
      end_proven: false,
      tail: "UNSEALED: tail not provable",
      plan_hash: CONTRACT_PLAN_HASH,
      contract: {
        state: "FAILED",
        version: 6,
        terminal: true,
        submitted_by: "ada",
        approved_by: "grace",
        eligibility: "MAY",
        job_id: CONTRACT_JOB,
        audit: { status: "FAIL", job_id: CONTRACT_JOB },
        rollback: "COMPLETED",
        rollout: null,
      },
    });
  });

  test("ends with 2 for one that goes on, as nobody can tell whether its end was cut", async () => {
    const { code, out } = await verified(activated());
    expect(code).toBe(2);
    expect(out).toContain("End: ? UNSEALED: tail not provable, no terminal state\n");
    expect(out).toContain("State: ACTIVE, version 5\n");
    expect(out).toContain("- that nothing is missing at the end: the contract is in no state that it cannot leave");
    expect(out).toContain("and it is ACTIVE, which it can still leave");
  });

  test("ends with 5 for one that was approved by who has submitted it, and names the law", async () => {
    const records = completedContract().map((record) =>
      record.status === "APPROVED" ? { ...record, actor: "ada" } : record,
    );
    const { code, out } = await verified(records);
    expect(code).toBe(5);
    expect(out).toContain("Chain: ✓ WHOLE\nLaws: ✗ BROKEN\n");
    expect(out).toContain('line 6: CONTRACT_FOUR_EYES (seq 5): "ada" has submitted the contract and approved it');
    expect(out).not.toContain("+ the records keep the laws");
  });

  test("ends with 5 for one whose audit was made another, and with 0 for the noted head", async () => {
    const lines = referenceLines(CONTRACT, completedContract(), eventIds());
    const head = (lines.at(-1) ?? "").slice(-45, -2);
    const forged = lines.map((line) => line.replace('"status":"PASS"', '"status":"FAIL"'));
    const broken = await verifiedLines(forged);
    expect(broken.code).toBe(5);
    expect(broken.out).toContain("line 8: EDITED (seq 7)");
    const noted = await verifiedLines(lines, "--head", head);
    expect(noted.code).toBe(0);
    expect(noted.out).toContain("End: ✓ COMPLETE\nHead: ✓ AS NOTED\n");
    const cut = await verifiedLines(lines.slice(0, -1), "--head", head);
    expect(cut.code).toBe(5);
  });
});
