import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimStoreKind, requireStoreKind } from "../../src/main/store-kind.ts";

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "verbatim-store-kind-"));
});

afterEach(() => rmSync(state, { recursive: true }));

test("P2: a state directory keeps its kind of store, for in another one every job id would be free again", () => {
  requireStoreKind(state, "sqlite");
  claimStoreKind(state, "sqlite");
  requireStoreKind(state, "sqlite");
  expect(() => requireStoreKind(state, "jsonl")).toThrow(/holds a sqlite store, and the configuration says jsonl/);
  expect(() => claimStoreKind(state, "jsonl")).toThrow(/Say store: sqlite/);
});

test("a store in memory claims no state directory and is refused by none", () => {
  claimStoreKind(state, "memory");
  claimStoreKind(state, "jsonl");
  requireStoreKind(state, "memory");
});
