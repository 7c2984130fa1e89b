import { expect, test } from "vitest";
import { LAW_CODES, LOG_CODES } from "#evidence";
import { textOf } from "./support/documents.ts";

test("docs/verify.md has every code that a problem can have, in their order, and no other", () => {
  const codes = [...textOf("docs/verify.md").matchAll(/^\| `([A-Z]\w+)` \|/gm)].map(([, code]) => code);
  expect(codes).toEqual([...LOG_CODES, ...LAW_CODES]);
});
