import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import { machineProject } from "./support/machine.ts";

/** One way around a boundary, or something that only looks like one. */
interface Evasion {
  readonly id: string;
  readonly says: string;
  /** The law that has to be named; null if nothing is wrong. */
  readonly law: string | null;
  /** Accepted places of the cause, `file:line`. */
  readonly places: readonly string[];
  /** What differs from the base; null = the file is not there. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** Cases over one project: that of `sample.json`. */
interface Collection {
  readonly cases: readonly Evasion[];
}

const COLLECTIONS = ["sample.json", "fresh.json", "further.json", "mended.json", "other-taste.json"].map((name) =>
  join(import.meta.dirname, "evasions", name),
);

describe.each(COLLECTIONS)("ways around a boundary, %#", (path) => {
  const collection = JSON.parse(readFileSync(path, "utf8")) as Collection; // as: written beside this test
  const bad = collection.cases.filter(({ law }) => law !== null);
  const good = collection.cases.filter(({ law }) => law === null);

  it.each(bad)("$id is found, under its law and at its place: $says", async (evasion) => {
    using project = machineProject(evasion.files);
    const { exitCode, violations } = await check({ root: project.root });
    expect(exitCode).not.toBe(0);
    if (evasion.law === "CONFIG") return expect(exitCode).toBe(2);
    const named = violations
      .filter(({ law, rule }) => law === evasion.law || rule === "proof")
      .flatMap(({ file, line, chain }) => [`${file}:${line}`, ...chain.map((hop) => `${hop.file}:${hop.line}`)]);
    expect(
      evasion.places.some((place) => named.includes(place)),
      named.join(", "),
    ).toBe(true);
  });

  it.each(good)("$id is left in peace: $says", async (evasion) => {
    using project = machineProject(evasion.files);
    const { exitCode, violations } = await check({ root: project.root });
    expect(violations.map(({ law, file, line, message }) => `${law} ${file}:${line} ${message}`)).toEqual([]);
    expect(exitCode).toBe(0);
  });
});
