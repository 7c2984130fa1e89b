import { describe, expect, it } from "vitest";
import { check } from "../src/index.ts";
import { pretty } from "../src/report/pretty.ts";
import { viewOf } from "../src/report/view.ts";
import { configured, project } from "./support/fixture.ts";

const TWO_HOPS = {
  "src/engine/x.ts": '\n  import type { Y } from "../model/y.ts";\nexport type X = Y;\n',
  "src/model/y.ts": 'import type { Rule } from "#policy";\nexport type Y = Rule;\n',
};

describe("the report for people", () => {
  it("shows law, place, the whole chain, the reason and what to do", async () => {
    using fixture = project({
      ...configured(
        (config) =>
          Object.assign(config.laws.SEALED, { reason: "The engine decides nothing.", help: "Cut the chain." }) &&
          config,
      ),
      ...TWO_HOPS,
    });
    const text = pretty(viewOf(await check({ root: fixture.root }), { root: fixture.root }));
    expect(text).toContain(
      [
        "SEALED cannot-reach  src/engine/x.ts:2:3  7e59f212",
        "    engine reaches policy (src/policy/index.ts) in 2 hops",
        "      1 |",
        '    > 2 |   import type { Y } from "../model/y.ts";',
        "        |   ^",
        "      3 | export type X = Y;",
        '       src/engine/x.ts:2  names "../model/y.ts"',
        '    -> src/model/y.ts:1  names "#policy"',
        "    -> src/policy/index.ts:1",
        "    why:  The engine decides nothing.",
        "    do:   Cut the chain.",
      ].join("\n"),
    );
    expect(text).toContain("; engine reaches policy, hands, model: FORBIDDEN (SEALED)");
  });

  it("prints what was covered also when everything is clean", async () => {
    using fixture = project();
    const text = pretty(viewOf(await check({ root: fixture.root }), { root: fixture.root }));
    expect(text).toBe(
      "10 files, 5 layers, 15 edges, 0 unresolved; engine reaches hands, model: no forbidden path\nclean: 12 laws kept\n",
    );
  });
});

describe("the report for programs", () => {
  it("has for every finding the rule, law, place, message, chain and help", async () => {
    using fixture = project(TWO_HOPS);
    const report = await check({ root: fixture.root });
    const sealed = report.violations.find(({ law }) => law === "SEALED");
    expect(sealed).toEqual({
      severity: "violation",
      law: "SEALED",
      id: expect.stringMatching(/^[0-9a-f]{8}$/),
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
      rule: "cannot-reach",
      file: "src/engine/x.ts",
      line: 2,
      column: 3,
      message: "engine reaches policy (src/policy/index.ts) in 2 hops",
      chain: [
        { file: "src/engine/x.ts", line: 2, specifier: "../model/y.ts" },
        { file: "src/model/y.ts", line: 1, specifier: "#policy" },
        { file: "src/policy/index.ts", line: 1 },
      ],
      why: expect.any(String),
      help: expect.any(String),
    });
    expect(report).toMatchObject({ ok: false, exitCode: 1, files: 12, layers: 5, edges: 17, unresolved: 0 });
  });

  it("is the same to the byte from wherever it is asked for", async () => {
    using fixture = project({ ...TWO_HOPS, "src/model/z.ts": 'export * from "#policy";\n' });
    const here = process.cwd();
    const first = JSON.stringify(await check({ root: fixture.root }));
    try {
      process.chdir(fixture.root);
      expect(JSON.stringify(await check())).toBe(first);
    } finally {
      process.chdir(here);
    }
  });
});
