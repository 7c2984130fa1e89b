import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import { configured, project } from "./support/fixture.ts";

const MACHINE = {
  "src/engine/machine.ts": [
    "export interface Step { readonly id: string }",
    'export interface Outcome { readonly status: "COMPLETED" | "FAILED" }',
    "export interface Performer { perform(step: Step): Promise<void> }",
    "export async function runAll(performer: Performer, steps: readonly Step[]): Promise<Outcome[]> {",
    "  const outcomes: Outcome[] = [];",
    "  for (const step of steps) {",
    "    try {",
    "      await performer.perform(step);",
    '      outcomes.push({ status: "COMPLETED" });',
    "    } catch {",
    '      outcomes.push({ status: "FAILED" });',
    "      break;",
    "    }",
    "  }",
    "  return outcomes;",
    "}",
    "",
  ].join("\n"),
  ...configured((config) => ({
    ...config,
    machine: { stepPort: "Performer.perform", evidence: "Outcome", builtins: [] },
    laws: { ONCE: { kind: "call-once", in: "engine" }, STOP: { kind: "stop-on-failure", in: "engine" } },
  })),
};

/** The laws that are broken, with where. */
async function broken(root: string): Promise<readonly string[]> {
  const { violations } = await check({ root, cache: join(root, "cache") });
  return violations.map(({ law, file, line }) => `${law} ${file}:${line}`);
}

function keptIn(root: string): string {
  const name = readdirSync(join(root, "cache")).find((each) => each.startsWith("proof-"));
  return join(root, "cache", name ?? "nothing was kept");
}

describe("a kept proof", () => {
  it("says the same as the one that was made", async () => {
    using fixture = project(MACHINE);
    expect(await broken(fixture.root)).toEqual([]);
    const kept = readFileSync(keptIn(fixture.root), "utf8");
    expect(await broken(fixture.root)).toEqual([]);
    expect(readFileSync(keptIn(fixture.root), "utf8")).toBe(kept);
  });

  it("keeps breaches, too", async () => {
    using fixture = project({
      ...MACHINE,
      "src/engine/machine.ts": MACHINE["src/engine/machine.ts"].replace("      break;\n", ""),
    });
    const first = await broken(fixture.root);
    expect(first).toContain("STOP src/engine/machine.ts:8");
    expect(await broken(fixture.root)).toEqual(first);
  });

  it("is not used when a file of the layer says something else", async () => {
    using fixture = project(MACHINE);
    expect(await broken(fixture.root)).toEqual([]);
    const path = join(fixture.root, "src/engine/machine.ts");
    writeFileSync(path, readFileSync(path, "utf8").replace("      break;\n", ""));
    expect(await broken(fixture.root)).toContain("STOP src/engine/machine.ts:8");
  });

  it("is not used when the words of the machine say something else", async () => {
    using fixture = project(MACHINE);
    expect(await broken(fixture.root)).toEqual([]);
    const path = join(fixture.root, "layers.json");
    writeFileSync(path, readFileSync(path, "utf8").replace("Performer.perform", "Performer.performs"));
    expect(await broken(fixture.root)).toEqual(["ONCE src/engine/index.ts:1", "STOP src/engine/index.ts:1"]);
  });

  it.each([
    ["cut", (text: string) => text.slice(0, 100)],
    ["emptied", () => ""],
    ["changed to say that nothing is broken", (text: string) => text.replace(/"laws":.*/, '"laws":[]}')],
    ["of another form", () => "{}\n[]\n"],
  ])("is made anew when it was %s", async (_title, change) => {
    using fixture = project({
      ...MACHINE,
      "src/engine/machine.ts": MACHINE["src/engine/machine.ts"].replace("      break;\n", ""),
    });
    const first = await broken(fixture.root);
    const path = keptIn(fixture.root);
    writeFileSync(path, change(readFileSync(path, "utf8")));
    expect(await broken(fixture.root)).toEqual(first);
    expect(first).not.toEqual([]);
  });
});
