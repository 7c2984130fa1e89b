import fc from "fast-check";
import { expect, test } from "vitest";
import { leafHash, MerkleTree } from "../../src/evidence/merkle.ts";
import { inclusionProof } from "../../src/evidence/merkle-proof.ts";
import { LINE_PROOF_FORM, proveLine, verifyLineProof } from "../../src/evidence/line-proof.ts";

function log(size: number, runId = "run-1"): readonly string[] {
  return Array.from({ length: size }, (_none, seq) => JSON.stringify({ run_id: runId, seq, text: `line ${seq} 🐎` }));
}

function rootOf(lines: readonly string[]): string {
  const tree = new MerkleTree();
  for (const line of lines) tree.add(line);
  return tree.root().toString("base64url");
}

test("every line of a log can be proven, and the proof discloses no other line", async () => {
  const lines = log(21);
  for (const [seq, line] of lines.entries()) {
    const proof = await proveLine(lines, seq);
    expect(proof).toMatchObject({ form: LINE_PROOF_FORM, run_id: "run-1", seq, line, size: 21 });
    expect(proof.merkle_root).toBe(rootOf(lines));
    expect(verifyLineProof(JSON.parse(JSON.stringify(proof)))).toEqual({ ok: true, proof });
    expect(JSON.stringify({ ...proof, line: "" })).not.toContain("line ");
  }
});

test("a log of one line is proven by its hash alone", async () => {
  const proof = await proveLine(log(1), 0);
  expect(proof.path).toEqual([]);
  expect(proof.merkle_root).toBe(leafHash(log(1)[0]!).toString("base64url"));
  expect(verifyLineProof(proof).ok).toBe(true);
});

test("a proof with any letter changed does not hold, but for a size that has the same path", async () => {
  const text = JSON.stringify(await proveLine(log(13), 5));
  const inSize = text.indexOf('"size":') + '"size":'.length; // a seal names the size together with the root
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.constantFrom("0", "A", "a", "z", "_", "-", "{", "}", '"', "7"),
      (at, letter) => {
        if (text[at] === letter || at === inSize || at === inSize + 1) return;
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        expect(verifyLineProof(parsed(changed)).ok).toBe(false);
      },
    ),
    { numRuns: 2000 },
  );
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

test.each([
  ["another run", { run_id: "run-2" }],
  ["another place", { seq: 4 }],
  ["another size", { size: 29 }],
  ["another form", { form: "verbatim/line-proof/v2" }],
  ["an unknown member", { more: 1 }],
  ["a path that is longer", { path: Array.from({ length: 65 }, () => "A".repeat(43)) }],
  ["no path", { path: undefined }],
  ["a line of another log", { line: log(6, "run-9")[5] }],
])("a proof that claims %s does not hold", async (_case, change) => {
  const proof = await proveLine(log(13), 5);
  const verdict = verifyLineProof({ ...proof, ...change });
  expect(verdict).toMatchObject({ ok: false, why: expect.stringMatching(/.{10}/) });
});

test.each([undefined, null, 7, "proof", [], {}])("%j is no proof and no error", (given) => {
  expect(verifyLineProof(given).ok).toBe(false);
});

test("a line that stands at another place than it says is not proven there", () => {
  const lines = log(8).toReversed();
  const hashes = lines.map(leafHash);
  const proof = {
    form: LINE_PROOF_FORM,
    run_id: "run-1",
    seq: 2,
    line: lines[2],
    size: 8,
    merkle_root: rootOf(lines),
    path: inclusionProof(hashes, 2).map((node) => node.toString("base64url")),
  };
  expect(verifyLineProof(proof)).toEqual({ ok: false, why: "the line says seq 5, the proof 2" });
});

test("a line that is not there cannot be proven", async () => {
  await expect(proveLine(log(3), 3)).rejects.toThrow("There is no line with seq 3: the log has 3 lines, 0 to 2.");
  await expect(proveLine(log(3).slice(1), 1)).rejects.toMatchObject({ code: "EVIDENCE_BROKEN" });
  await expect(proveLine(["no record"], 0)).rejects.toMatchObject({ code: "EVIDENCE_BROKEN" });
});
