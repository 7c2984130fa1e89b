import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { LIMITS } from "#model";
import { configurationRows } from "./support/configuration.ts";
import { fencedBlocks, markedTable, textOf } from "./support/documents.ts";

const README = textOf("README.md");

/** The unit of a limit, as its name says it, and how it is written. */
const UNITS: readonly (readonly [RegExp, (value: number) => string])[] = [
  [/bytes/i, (value) => (value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`)],
  [/characters/i, (value) => `${value.toLocaleString("en")} characters`],
  [/seconds/i, (value) => `${value.toLocaleString("en")} s`],
  [/depth/i, (value) => `${value} levels`],
  [/^connections$|^calls$|^activeRuns$|AtATime$|Reads$|Calls$|PerPlan$/, (value) => value.toLocaleString("en")],
  [/steps/i, (value) => value.toLocaleString("en")],
];

function written(name: string, value: number): string {
  const unit = UNITS.find(([pattern]) => pattern.test(name));
  if (unit === undefined) throw new Error(`the name of the limit ${name} has no unit that is known here`);
  return unit[1](value);
}

describe("the tables of the README are what the code says", () => {
  test("each limit stands there once, with its value and unit", () => {
    const rows = markedTable(README, "limits").map(([, most, name]) => [name, most]);
    expect(rows).toEqual(Object.entries(LIMITS).map(([name, value]) => [`\`${name}\``, written(name, value)]));
  });

  test("each key of the configuration stands there with its default and its meaning, and no other", () => {
    expect(markedTable(README, "configuration")).toEqual(configurationRows());
  });

  test("each environment variable that is read stands there, and no other", () => {
    const table = README.split("| variable | means |")[1]?.split("\n\n")[0] ?? "";
    const named = [...table.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name ?? "");
    const sources = ["bin", "serve", "connect", "doctor", "load-configuration"].map((file) =>
      textOf(`src/main/${file}.ts`),
    );
    const read = sources.join("\n").matchAll(/(?:env|environment)\["([A-Z_]+)"\]/g);
    const variables = [...new Set([...read].map(([, name]) => name ?? ""))];
    expect(variables.length).toBeGreaterThan(4);
    expect(named.toSorted()).toEqual(variables.toSorted());
  });
});

test.each(fencedBlocks(README).filter(({ marker }) => marker?.startsWith("file: ")))(
  "the README shows a part of a file as it stands there: $marker",
  ({ marker = "", text }) => {
    const file: unknown = parse(textOf(marker.slice("file: ".length)));
    expect(file).toMatchObject(parse(text) as object); // a block that shows a file shows an object
  },
);
