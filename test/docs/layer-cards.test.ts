import { join } from "node:path";
import { expect, test } from "vitest";
import { allCards } from "../../tools/layer-lint/src/cards/all-cards.ts";
import { compareCards } from "../../tools/layer-lint/src/cards/card-folder.ts";
import { cardSource } from "../../tools/layer-lint/src/cards/card-source.ts";
import { checkCompletely } from "../../tools/layer-lint/src/complete-check.ts";

const ROOT = join(import.meta.dirname, "../..");

test("the cards of the layers are those of the code; if not: npm run cards", async () => {
  const { reading, report } = await checkCompletely({ root: ROOT });
  expect(report.exitCode).toBe(0);
  if (reading === undefined) throw new Error("the project was not read");
  expect(compareCards(join(ROOT, "docs/layers"), allCards(cardSource(reading, report, false)))).toEqual([]);
});
