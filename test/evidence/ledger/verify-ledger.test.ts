import { appendFile, cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPublicKey } from "../../../src/evidence/signing/public-key.ts";
import { verifyLedger } from "../../../src/evidence/ledger/verification/verify-ledger.ts";
import type { LedgerReport } from "../../../src/evidence/ledger/verification/ledger-report.ts";
import { Findings } from "../../../src/evidence/ledger/verification/ledger-report.ts";
import { ListedRuns } from "../../../src/evidence/ledger/verification/listed-runs.ts";
import { Installation } from "./support/installation.ts";
import { created, resealed, sealed } from "./support/leaves.ts";
import { seededSigner } from "./support/signers.ts";

const KEY = readPublicKey(seededSigner().publicKeyPem);
const RUNS = { "run-a": "sealed", "run-b": "sealed", "run-c": "ended", "run-d": "open" } as const;

let whole: Installation;

beforeAll(async () => {
  whole = await Installation.make(RUNS);
});

afterAll(async () => {
  await whole[Symbol.asyncDispose]();
});

async function look({ ledger, runs }: Installation, since?: string): Promise<LedgerReport> {
  return await verifyLedger(ledger, { key: KEY, runs, ...(since && { since: [{ name: "kept", text: since }] }) });
}

function found({ problems }: LedgerReport): readonly string[] {
  return problems.map(({ code, runId }) => (runId === undefined ? code : `${code} ${runId}`));
}

/** Looks at a copy after something was done to it. */
async function after(act: (copy: Installation) => Promise<unknown>, since?: string): Promise<readonly string[]> {
  await using copy = await whole.copy();
  await act(copy);
  return found(await look(copy, since));
}

test("a whole ledger has no problem, and says which runs it proves less about", async () => {
  const report = await look(whole, await whole.checkpoint());
  expect(report).toMatchObject({ ok: true, size: 6, keyId: KEY.keyId, continues: [6], problemCount: 0 });
  expect(report.runs).toEqual({ created: 4, sealed: 2, compared: true });
  expect(report.doubts.map(({ code, runId }) => `${code} ${runId}`)).toEqual(["RUN_UNSEALED run-c", "RUN_OPEN run-d"]);
});

test("without a key the one beside the ledger is used, and without runs none is compared", async () => {
  const report = await verifyLedger(whole.ledger);
  expect(report).toMatchObject({ ok: true, keyId: KEY.keyId, runs: { compared: false } });
});

test("a run that was deleted shows by its name", async () => {
  expect(await after((copy) => rm(join(copy.runs, "run-c"), { recursive: true }))).toEqual(["RUN_MISSING run-c"]);
  expect(await after((copy) => rm(join(copy.runs, "run-a"), { recursive: true }))).toEqual(["RUN_MISSING run-a"]);
});

test("a run that was replaced by another whole one shows by its name", async () => {
  await using other = await Installation.make({ other: "sealed", "run-c": "sealed" });
  const replaced = await after((copy) => cp(other.logOf("run-c"), copy.logOf("run-c")));
  expect(replaced).toEqual(["RUN_REPLACED run-c"]);
  expect(await after((copy) => cp(copy.logOf("run-b"), copy.logOf("run-a")))).toEqual(["RUN_REPLACED run-a"]);
});

test("a run that the ledger does not list shows by its name", async () => {
  expect(await after((copy) => mkdir(join(copy.runs, "run-x")))).toEqual(["RUN_UNLISTED run-x"]);
  expect(await after((copy) => rename(join(copy.runs, "run-a"), join(copy.runs, "run-x")))).toEqual([
    "RUN_MISSING run-a",
    "RUN_UNLISTED run-x",
  ]);
});

test("a sealed log that was cut, changed or added to shows, and which of the three it was", async () => {
  const log = await readFile(whole.logOf("run-a"));
  const cut = log.subarray(0, log.lastIndexOf("\n", -2) + 1);
  expect(await after((copy) => truncate(copy.logOf("run-a"), cut.length))).toEqual(["RUN_CUT run-a"]);
  expect(await after((copy) => appendFile(copy.logOf("run-a"), "x\n"))).toEqual(["RUN_APPENDED run-a"]);
  expect(await after((copy) => appendFile(copy.logOf("run-a"), "x"))).toEqual(["RUN_APPENDED run-a"]);
  const changed = Buffer.from(log);
  changed.writeUInt8(changed.readUInt8(log.length - 10) ^ 1, log.length - 10);
  expect(await after((copy) => writeFile(copy.logOf("run-a"), changed))).toEqual(["RUN_CHANGED run-a"]);
});

function sealOf({ runs }: Installation, run: string): string {
  return join(runs, run, "seal.dsse.json");
}

test("a seal that is gone or about something else shows", async () => {
  expect(await after((copy) => rm(sealOf(copy, "run-a")))).toEqual(["SEAL_MISSING run-a"]);
  expect(await after((copy) => cp(sealOf(copy, "run-b"), sealOf(copy, "run-a")))).toEqual(["SEAL_REPLACED run-a"]);
  expect(await after((copy) => writeFile(sealOf(copy, "run-a"), "{"))).toEqual(["SEAL_REPLACED run-a"]);
});

const kindOf = ({ code, runId }: { readonly code: string; readonly runId?: string }): string =>
  `${code} ${runId ?? ""}`;

/** Looks at a copy in which `run-a` was opened again after it was sealed. */
async function afterResuming(
  then: "sealed" | "ended" | "open",
  act: (copy: Installation) => Promise<unknown> = () => Promise.resolve(),
): Promise<{ readonly problems: readonly string[]; readonly doubts: readonly string[] }> {
  await using copy = await whole.copy();
  await copy.resume("run-a", then);
  await act(copy);
  const { problems, doubts } = await look(copy);
  return { problems: problems.map(kindOf), doubts: doubts.map(kindOf).filter((doubt) => doubt.endsWith("run-a")) };
}

test("a run that was sealed, opened again and sealed anew is compared with the last seal", async () => {
  expect(await afterResuming("sealed")).toEqual({ problems: [], doubts: [] });
  const twice = await afterResuming("sealed", (copy) => copy.resume("run-a", "sealed"));
  expect(twice).toEqual({ problems: [], doubts: [] });
});

test.each(["open", "ended"] as const)(
  "a run that was opened again and is %s now is a doubt, as its last seal is of a beginning",
  async (then) => {
    expect(await afterResuming(then)).toEqual({ problems: [], doubts: ["RUN_RESUMED run-a"] });
  },
);

test("a resumed run that was cut back to its first end shows, also with the seal of that end put back", async () => {
  const [log, seal] = [await readFile(whole.logOf("run-a")), await readFile(sealOf(whole, "run-a"))];
  const cut = async (copy: Installation): Promise<void> => {
    await writeFile(copy.logOf("run-a"), log);
    await writeFile(sealOf(copy, "run-a"), seal);
  };
  const { problems } = await afterResuming("sealed", cut);
  expect(problems).toEqual(["RUN_CUT run-a", "SEAL_REPLACED run-a"]);
});

async function changeLine({ logOf }: Installation): Promise<void> {
  const text = await readFile(logOf("run-a"), "utf8");
  await writeFile(logOf("run-a"), text.replace('"number":2', '"number":7'));
}

test("a resumed run whose lines before the first end were changed shows", async () => {
  expect((await afterResuming("sealed", changeLine)).problems).toEqual(["RUN_CHANGED run-a"]);
  expect((await afterResuming("open", changeLine)).problems).toEqual(["RUN_CHANGED run-a"]);
});

test("what stands behind a sealed end and opens nothing is no resumption", async () => {
  expect(await after((copy) => appendFile(copy.logOf("run-a"), '{"event_type":"log.checkpoint"}\n'))).toEqual([
    "RUN_APPENDED run-a",
  ]);
});

test("a second seal that does not go on from the first is a duplicate", () => {
  const first = sealed("run-1", 10);
  const cases = [
    [first, "second"],
    [resealed("run-1", { size: 20, continues: 9 }), "shorter beginning"],
    [resealed("run-1", { size: 10, continues: 10 }), "no longer"],
  ] as const;
  for (const [leaf, what] of cases) {
    const findings = new Findings();
    const listed = new ListedRuns(findings);
    for (const [index, said] of [created("run-1"), first, leaf].entries()) listed.add(said, index);
    expect([what, findings.problems.map(kindOf), listed.sealed]).toEqual([what, ["DUPLICATE run-1"], 1]);
  }
});

test("every byte of every file of the ledger that is changed in any way is found", async () => {
  await using copy = await Installation.make({ "run-a": "sealed" });
  const names = (await readdir(copy.ledger, { recursive: true })).filter((name) =>
    /^(checkpoint|tile\/.*\/\d+)$/.test(name),
  );
  expect(names.length).toBeGreaterThanOrEqual(3);
  for (const name of names) {
    const path = join(copy.ledger, name);
    const bytes = await readFile(path);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
      await writeFile(path, changed);
      const { ok } = await verifyLedger(copy.ledger, { key: KEY });
      expect(ok, `${name}, byte ${at}`).toBe(false);
    }
    await writeFile(path, bytes);
  }
  expect((await look(copy)).ok).toBe(true);
});

test("a tile or bundle that is missing is named by its path", async () => {
  for (const path of ["tile/0/000.p/6", "tile/entries/000.p/6"]) {
    await using copy = await whole.copy();
    await rm(join(copy.ledger, path));
    const { problems } = await look(copy);
    expect(problems[0]).toMatchObject({ code: "MISSING", message: expect.stringContaining(path) });
  }
});

test("partial tiles of older checkpoints have to fit, too", async () => {
  await using copy = await whole.copy();
  await copy.addRuns({ "run-e": "open" });
  expect(found(await look(copy))).toEqual([]);
  await writeFile(join(copy.ledger, "tile/0/000.p/6"), Buffer.alloc(6 * 32));
  expect(found(await look(copy))).toEqual(["TILE_DIFFERS"]);
});

test("a checkpoint that was kept shows that the ledger only grew since", async () => {
  await using copy = await whole.copy();
  const kept = await copy.checkpoint();
  await copy.addRuns({ "run-e": "sealed" });
  expect(await look(copy, kept)).toMatchObject({ ok: true, size: 8, continues: [6] });
});

test("an old copy that was put back is shown by a checkpoint that was kept, and by nothing else", async () => {
  await using grown = await whole.copy();
  await grown.addRuns({ "run-e": "sealed" });
  const kept = await grown.checkpoint();
  expect(await after(() => Promise.resolve())).toEqual([]);
  expect(await after(() => Promise.resolve(), kept)).toEqual(["ROLLED_BACK"]);
});

test("a ledger that was written anew with the same key is shown by a checkpoint that was kept", async () => {
  const kept = await whole.checkpoint();
  await using anew = await Installation.make({ "run-a": "sealed", "run-b": "sealed", "run-c": "sealed" });
  expect(found(await look(anew))).toEqual([]);
  expect(found(await look(anew, kept))).toEqual(["REWRITTEN"]);
});

test("entries and tiles that were written anew together do not fit the checkpoint that was signed", async () => {
  await using anew = await Installation.make({ "run-a": "sealed", "run-b": "sealed", "run-c": "sealed" });
  await writeFile(join(anew.ledger, "checkpoint"), await whole.checkpoint());
  expect(found(await look(anew))).toEqual(["ROOT_DIFFERS"]);
});

test("a kept checkpoint of another ledger, or of another key, is told apart", async () => {
  const kept = await whole.checkpoint();
  const changed = kept.replace(/[A-Za-z0-9](?==+\n$)/, (letter) => (letter === "A" ? "Q" : "A"));
  expect(found(await look(whole, changed))).toHaveLength(1);
  expect(found(await look(whole, "no checkpoint\n"))).toEqual(["MALFORMED"]);
  const stranger = readPublicKey(seededSigner(2).publicKeyPem);
  expect(found(await verifyLedger(whole.ledger, { key: stranger }))).toEqual(["UNKNOWN_KEY"]);
});

test("a directory without a ledger is told as such", async () => {
  await expect(verifyLedger(whole.runs, { key: KEY })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
});
