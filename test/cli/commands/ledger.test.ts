import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyLineProof } from "#evidence";
import type { CliHost } from "../../../src/cli/index.ts";
import { runCli } from "#cli";
import { Installation } from "../../evidence/ledger/support/installation.ts";
import { seededSigner } from "../../evidence/ledger/support/signers.ts";
import { fakeHost } from "../support/fake-host.ts";

let sealed: Installation;
let mixed: Installation;

beforeAll(async () => {
  sealed = await Installation.make({ "run-a": "sealed", "run-b": "sealed" });
  mixed = await Installation.make({ "run-a": "sealed", "run-b": "ended", "run-c": "open" });
});

afterAll(async () => {
  await sealed[Symbol.asyncDispose]();
  await mixed[Symbol.asyncDispose]();
});

async function run(argv: readonly string[], given: Partial<CliHost> = {}) {
  const { host, stdout, stderr } = fakeHost({ argv, ...given });
  const code = await runCli(host);
  return { code, out: stdout.text, err: stderr.text };
}

test("a whole ledger of sealed runs ends with 0, and says what it does not prove", async () => {
  const { code, out } = await run(["ledger", "verify", sealed.state]);
  expect(code).toBe(0);
  expect(out).toContain("Ledger: ✓ WHOLE");
  expect(out).toContain("Tree: 4 leaves");
  expect(out).toContain("Runs: 2 created, 2 sealed, compared");
  expect(out).toContain("who signed it: the key was found beside the ledger");
});

test("runs whose end is not sealed are named, and the end is 2 as for a log without an end", async () => {
  const { code, out } = await run(["ledger", "verify", mixed.state]);
  expect(code).toBe(2);
  expect(out).toContain("RUN_UNSEALED run-b");
  expect(out).toContain("RUN_OPEN run-c");
  expect((await run(["ledger", "verify", mixed.state, "--ledger-only"])).code).toBe(0);
});

test("a run that is missing ends with 5 and stands in the JSON by code and name", async () => {
  await using copy = await sealed.copy();
  await rm(join(copy.runs, "run-b"), { recursive: true });
  const { code, out } = await run(["ledger", "verify", "--json"], {
    stateDirectory: () => Promise.resolve(copy.state),
  });
  expect(code).toBe(5);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    size: 4,
    problem_count: 1,
    problems: [{ code: "RUN_MISSING", run_id: "run-b" }],
    runs: { created: 2, sealed: 2, compared: true },
  });
});

test("a kept checkpoint and a key from elsewhere prove growth and signer", async () => {
  await using copy = await sealed.copy();
  const kept = join(copy.state, "kept");
  const key = join(copy.state, "key.pem");
  await writeFile(key, seededSigner().publicKeyPem);
  await writeFile(kept, (await run(["ledger", "checkpoint", copy.state])).out);
  expect(await readFile(kept, "utf8")).toBe(await copy.checkpoint());
  await copy.addRuns({ "run-c": "sealed" });
  const { code, out } = await run(["ledger", "verify", copy.state, "--since", kept, "--key", key]);
  expect(code).toBe(0);
  expect(out).toContain("Since: ✓ CONTINUED");
  expect(out).toContain("has signed it");
  const back = await run(["ledger", "verify", sealed.state, "--since", await keptOf(copy), "--json"]);
  expect(back.code).toBe(5);
  expect(JSON.parse(back.out)).toMatchObject({ problems: [{ code: "ROLLED_BACK" }] });
});

async function keptOf(copy: Installation): Promise<string> {
  const path = join(copy.state, "newest");
  await writeFile(path, await copy.checkpoint());
  return path;
}

test("the ledger's head is shown for people and for programs", async () => {
  const { code, out } = await run(["ledger", "show", sealed.state]);
  expect(code).toBe(0);
  expect(out).toMatch(/^Origin: verbatim\/\S+\nLeaves: 4\nRoot: \S+\nSigned: verbatim\/\S+ with the key [\da-f]{8}\n$/);
  expect(JSON.parse((await run(["ledger", "show", sealed.state, "--json"])).out)).toMatchObject({ size: 4 });
});

test("what is no ledger, no checkpoint and no key is told with the code for it", async () => {
  expect((await run(["ledger", "verify", sealed.runs])).code).toBe(4);
  expect((await run(["ledger", "checkpoint", sealed.runs])).code).toBe(4);
  expect((await run(["ledger", "verify", sealed.state, "--since", "/nowhere"])).code).toBe(2);
  expect((await run(["ledger", "verify", sealed.state, "--key", sealed.logOf("run-a")])).code).toBe(2);
  await using copy = await sealed.copy();
  await writeFile(join(copy.ledger, "checkpoint"), "\u001b[31mhello\n");
  const { code, out } = await run(["ledger", "checkpoint", copy.state]);
  expect({ code, out }).toEqual({ code: 5, out: "" });
});

test("a line of a log file is proven, to standard output or into a file", async () => {
  const log = join(sealed.state, "alone.jsonl"); // without the seal that lies beside the log of a run
  await copyFile(sealed.logOf("run-a"), log);
  const { code, out } = await run(["prove", log, "--seq", "2"]);
  expect(code).toBe(0);
  const lines = (await readFile(sealed.logOf("run-a"), "utf8")).split("\n");
  expect(JSON.parse(out)).toMatchObject({ run_id: "run-a", seq: 2, line: lines[2], size: 6 });
  expect(verifyLineProof(JSON.parse(out)).ok).toBe(true);
  const file = join(sealed.state, "proof.json");
  expect(await run(["prove", log, "--seq", "2", "--out", file])).toEqual({
    code: 0,
    out: "",
    err: "",
  });
  expect(await readFile(file, "utf8")).toBe(out);
});

test("what cannot be proven is told with the code for it", async () => {
  expect((await run(["prove", sealed.logOf("run-a"), "--seq", "6"])).err).toContain("There is no line with seq 6");
  expect((await run(["prove", sealed.logOf("run-a")])).code).toBe(2);
  expect((await run(["prove", `${sealed.state}/nothing`, "--seq", "0"])).code).toBe(4);
  const cut = join(sealed.state, "cut.jsonl");
  await writeFile(cut, (await readFile(sealed.logOf("run-a"))).subarray(0, -1));
  expect((await run(["prove", cut, "--seq", "0"])).code).toBe(5);
  await writeFile(cut, Buffer.from([0xff, 0x0a]));
  expect((await run(["prove", cut, "--seq", "0"])).code).toBe(5);
  expect((await run(["prove", sealed.logOf("run-a"), "--seq", "0", "--out", "/nowhere/proof"])).code).toBe(2);
});
