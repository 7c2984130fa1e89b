import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeRecord } from "../../src/evidence/encode.ts";
import type { RecordDraft } from "../../src/evidence/record.ts";
import { python } from "../e2e/support/python.ts";
import {
  activated,
  completedContract,
  CONTRACT,
  failedContract,
  rollback,
  transitioned,
} from "../evidence/support/contract-log.ts";
import { completed, created, failedEnd, note, resumed } from "../evidence/support/drafts.ts";
import { eventIds } from "../evidence/support/event-ids.ts";
import { referenceLines } from "../evidence/support/reference-format.ts";
import { lacks } from "../support/needs.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { fencedBlocks, ROOT, textOf } from "./support/documents.ts";

const DOCUMENT = textOf("docs/evidence-format.md");
const GOLDEN = join(ROOT, "test/evidence/golden/events.jsonl");
const VERIFIER = fencedBlocks(DOCUMENT).find(({ marker }) => marker === "verifier")?.text ?? "";

/** A value for each member that a draft may have, so that none is left out of the line. */
function fullDraft(): RecordDraft {
  const texts = "job_key job_id contract_id step_type target status reason idempotency_key inputs_hash started_at";
  const more = "health_error schema executor_version plan_hash recovery";
  const given = Object.fromEntries(`${texts} ${more}`.split(" ").map((name) => [name, "x"]));
  const objects = { output: {}, health_before: {}, health: {}, plan: {}, data: {}, job_keys: ["x"] };
  const others = {
    step_index: 0,
    epoch: 0,
    duration_seconds: 0,
    steps_declared: 0,
    error_class: "unknown",
    late: "threw",
  };
  const always = { event_type: "run.created", timestamp_utc: "2026-01-01T00:00:00.000Z", actor: "x", attempt: 0 };
  return { ...always, ...given, ...objects, ...others } as RecordDraft; // all members of the type, made from their names
}

describe("docs/evidence-format.md describes the line as it is written", () => {
  test("its members are named in the order in which a line has them, and none is left out", () => {
    const position = { runId: "r", seq: 0, previous: "p", eventId: "e" };
    const { line } = encodeRecord(fullDraft(), position);
    const members = Object.keys(JSON.parse(line) as object); // a line is an object
    const table = DOCUMENT.split("| member | holds |")[1]?.split("\n\n")[0] ?? "";
    const always = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name ?? "");
    const list = /The others, in their order: ([^.]*)\./.exec(DOCUMENT)?.[1] ?? "";
    const others = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? "");
    expect([...always.slice(0, -1), ...others, "hash"]).toEqual(members);
  });
});

describe.skipIf(lacks("Python 3"))("the verifier that stands in docs/evidence-format.md", () => {
  test("is at most twenty lines of code", () => {
    expect(VERIFIER.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(20);
  });

  test("is the one that stands among the examples", () => {
    expect(textOf("examples/python/verify_chain.py")).toBe(VERIFIER);
  });

  test("finds a log that this program wrote whole, with its head", async () => {
    const { stdout, status } = await python("-c", VERIFIER, GOLDEN);
    const last = (await readFile(GOLDEN, "utf8")).trimEnd().split("\n").at(-1) ?? "{}";
    const { hash } = JSON.parse(last) as { readonly hash: string }; // a line ends with its hash
    expect(stdout).toMatch(new RegExp(`^whole, head ${hash} (?:complete|END UNPROVEN)\n$`));
    expect(status).toBe(0);
  });

  test("takes a run that failed and was resumed for whole, and nothing else behind an end", async () => {
    await using scratch = await scratchDirectory();
    const file = join(scratch.path, "log");
    const verdicts = [];
    const behind = [
      [failedEnd(), resumed(), completed()],
      [failedEnd(), resumed()],
      [completed(), resumed()],
      [failedEnd(), note(2)],
    ];
    for (const drafts of behind) {
      const lines = referenceLines("run-1", [created("run-1"), ...drafts], eventIds());
      await writeFile(file, lines.map((line) => `${line}\n`).join(""));
      const both = [await python("-c", VERIFIER, file), await python("examples/python/verify_log.py", file)] as const;
      verdicts.push(
        both.map(({ status, stdout }) => `${status} ${/\b(?:complete|UNPROVEN)\b/.exec(stdout)?.[0] ?? "none"}`),
      );
    }
    expect(verdicts).toEqual([
      ["0 complete", "0 complete"],
      ["0 UNPROVEN", "0 UNPROVEN"],
      ["1 none", "5 UNPROVEN"],
      ["1 none", "5 UNPROVEN"],
    ]);
  });

  test("takes a contract that is terminal for complete, whatever was told behind it, and one that goes on for open", async () => {
    await using scratch = await scratchDirectory();
    const file = join(scratch.path, "log");
    const verdicts = [];
    const told = [
      completedContract(),
      [...failedContract(), rollback("STARTED")],
      activated(),
      [...failedContract(), transitioned("FAILED", "ACTIVE", { version: 7 })],
    ];
    for (const drafts of told) {
      const lines = referenceLines(CONTRACT, drafts, eventIds());
      await writeFile(file, lines.map((line) => `${line}\n`).join(""));
      const both = [await python("-c", VERIFIER, file), await python("examples/python/verify_log.py", file)] as const;
      verdicts.push(
        both.map(({ status, stdout }) => `${status} ${/\b(?:complete|UNPROVEN)\b/.exec(stdout)?.[0] ?? "none"}`),
      );
    }
    expect(verdicts).toEqual([
      ["0 complete", "0 complete"],
      ["0 complete", "0 complete"],
      ["0 UNPROVEN", "0 UNPROVEN"],
      ["0 complete", "5 complete"],
    ]);
  });

  test("names the line that was changed, dropped or cut, and does not end well", async () => {
    await using scratch = await scratchDirectory();
    const lines = (await readFile(GOLDEN, "utf8")).trimEnd().split("\n");
    const file = join(scratch.path, "log");
    const changes: readonly (readonly [string, readonly string[]])[] = [
      ["line 3 ", lines.with(2, (lines[2] ?? "").replace('"seq":2', '"seq":2 '))],
      ["line 2 ", lines.toSpliced(1, 1)],
      [`line ${lines.length} `, [...lines.slice(0, -1), (lines.at(-1) ?? "").slice(0, -20)]],
    ];
    for (const [named, changed] of changes) {
      await writeFile(file, changed.join("\n"));
      const { stderr, status } = await python("-c", VERIFIER, file);
      expect(stderr).toBe(`${named}does not hold\n`);
      expect(status).toBe(1);
    }
  });
});
