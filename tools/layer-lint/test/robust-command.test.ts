// The command on projects that are huge, broken or hostile: the right answer, or exit code 2; never a crash, never clean by mistake.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FORMATS } from "../src/report/format.ts";
import { openFactsCache } from "../src/source/facts-cache.ts";
import { readFacts } from "../src/source/read-facts.ts";
import type { Files, Fixture } from "./support/fixture.ts";
import { configured, project } from "./support/fixture.ts";
import type { Run } from "./support/run.ts";
import { run } from "./support/run.ts";

const CHAIN = 5000;
const RING = 20_000;
/** Files by the thousand have to be written first. */
const LONG_MS = 300_000;

async function check(root: string, ...args: readonly string[]): Promise<Run> {
  const ended = await run(["check", "--root", root, "--format", "concise", "--no-cache", ...args]);
  expect(ended.err).toBe("");
  return ended;
}

async function checked(changes: Files, links: Readonly<Record<string, string>> = {}): Promise<Run> {
  using fixture = project(changes, links);
  return await check(fixture.root);
}

/** Runs as somebody whom permissions bind, also where the tests run as root. */
async function asOrdinaryUser<T>(fixture: Fixture, act: () => Promise<T>): Promise<T> {
  chmodSync(fixture.root, 0o755);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

const names = (count: number, text: (index: number) => string): Files =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`src/model/c${index}.ts`, text(index)]));

describe("imports by the thousand", () => {
  it(
    `reports a chain of ${CHAIN} files to its end in every format, without running out of stack`,
    async () => {
      using fixture = project({
        ...names(CHAIN, (index) => {
          const next = index === CHAIN - 1 ? "../policy/index.ts" : `./c${index + 1}.ts`;
          return `export type * as n from "${next}";\n`;
        }),
        "src/engine/x.ts": 'export type * as n from "../model/c0.ts";\n',
        ...configured(({ laws: { SEALED, DECLARED }, ...config }) => ({ ...config, laws: { SEALED, DECLARED } })),
      });
      const cache = ["--cache", join(fixture.root, "kept")];
      for (const format of FORMATS) {
        const { status, out, err } = await run(["check", "--root", fixture.root, "--format", format, ...cache]);
        expect({ format, status, err }).toEqual({ format, status: 1, err: "" });
        const missing = Array.from({ length: CHAIN }, (_, index) => `src/model/c${index}.ts`).filter(
          (file) => !out.includes(file),
        );
        expect({ format, missing }).toEqual({ format, missing: [] });
        expect(out).toContain("src/policy/index.ts");
      }
    },
    LONG_MS,
  );

  it(
    `reports a ring of ${RING} files`,
    async () => {
      using fixture = project({
        ...names(RING, (index) => `export type * as n from "./c${(index + 1) % RING}.ts";\n`),
        ...configured(({ laws: { CYCLES, DECLARED }, ...config }) => ({ ...config, laws: { CYCLES, DECLARED } })),
      });
      const { status, out } = await check(fixture.root);
      expect(status).toBe(1);
      expect(out).toContain(`CYCLES`);
      expect(out).toContain(`src/model/c${RING - 1}.ts:1`);
    },
    LONG_MS,
  );

  it("finds what stands at the end of a file of 5 MB, in lines or in one", async () => {
    const breach = 'export * from "#policy";\n';
    const line = "export const a = 1; // and a comment that makes it longer\n".replace("const a", "type A");
    const lines = Math.ceil((5 * 1024 * 1024) / line.length);
    const many = Array.from({ length: lines }, (_, index) => line.replace(" A ", ` A${index} `)).join("");
    const { status, out } = await checked({ "src/model/x.ts": `${many}${breach}` });
    expect(status).toBe(1);
    expect(out).toContain(`src/model/x.ts:${lines + 1}:1 MATRIX`);
    const text = `export const x = "${"y".repeat(5 * 1024 * 1024)}"; `;
    const inOne = await checked({ "src/model/x.ts": `${text}${breach}` });
    expect(inOne.status).toBe(1);
    expect(inOne.out).toContain(`src/model/x.ts:1:${text.length + 1} MATRIX`);
  });
});

const paths = (to: string): string => JSON.stringify({ compilerOptions: { paths: { "@p/*": [to] } } });

describe("files that are not what they seem", () => {
  const BREACH = 'export * from "#policy";\n';
  it.each([
    ["begins with a byte order mark", Buffer.from(`\uFEFF${BREACH}`)],
    ["has the line ends of Windows", Buffer.from(`${BREACH.trim()}\r\n`)],
    ["is written in UTF-16", Buffer.from(`\uFEFF${BREACH}`, "utf16le")],
  ])("finds a breach in a file that %s", async (_case, bytes) => {
    using fixture = project();
    writeFileSync(join(fixture.root, "src/model/x.ts"), bytes);
    const { status, out } = await check(fixture.root);
    expect(status).toBe(1);
    expect(out).toContain("src/model/x.ts:1:1 MATRIX");
  });

  it("finds nothing wrong with an empty file", async () => {
    expect(await checked({ "src/model/x.ts": "" })).toMatchObject({ status: 0 });
  });

  it("looks into a folder that is named as a file is", async () => {
    const { status, out } = await checked({
      "src/model/x.ts/inner.ts": BREACH,
      "src/model/y.ts": 'export * from "./x.ts";\n',
    });
    expect(status).toBe(2);
    expect(out).toContain("src/model/x.ts/inner.ts:1:1 MATRIX");
    expect(out).toContain('src/model/y.ts:1:1 CONFIG (cannot be proven) "./x.ts" leads nowhere');
  });

  it("proves nothing of bytes that are no text", async () => {
    using fixture = project();
    writeFileSync(join(fixture.root, "src/model/x.ts"), Buffer.from("7f454c4602010100c328a0ff", "hex"));
    const { status, out } = await check(fixture.root);
    expect(status).toBe(2);
    expect(out).toContain("src/model/x.ts:1:1 CONFIG (cannot be proven) It cannot be parsed");
  });

  it("follows no link in a circle, and says so", async () => {
    const { status, out } = await checked({}, { "src/model/again": "../model" });
    expect(status).toBe(2);
    expect(out).toContain("src/model/again is a symbolic link; it is not followed");
  });

  it("does not wait for a pipe that is named as a file is", async () => {
    using fixture = project();
    execFileSync("mkfifo", [join(fixture.root, "src/model/x.ts")]);
    const { status, out } = await check(fixture.root);
    expect(status).toBe(2);
    expect(out).toContain("src/model/x.ts is neither a file nor a folder");
  });

  it("names a file that may not be read, in every format", async () => {
    using fixture = project({ "src/model/x.ts": BREACH });
    chmodSync(join(fixture.root, "src/model/x.ts"), 0o000);
    for (const format of FORMATS) {
      const { status, out, err } = await asOrdinaryUser(fixture, () => check(fixture.root, "--format", format));
      expect({ status, err }).toEqual({ status: 2, err: "" });
      expect(out).toContain("src/model/x.ts");
      expect(out).toContain("the system does not let it be read (EACCES)");
    }
  });

  it("names a folder that may not be listed", async () => {
    using fixture = project({ "src/model/deep/x.ts": BREACH });
    chmodSync(join(fixture.root, "src/model/deep"), 0o000);
    try {
      const { status, out } = await asOrdinaryUser(fixture, () => check(fixture.root));
      expect(status).toBe(2);
      expect(out).toContain("src/model/deep is a folder that cannot be listed (EACCES)");
    } finally {
      chmodSync(join(fixture.root, "src/model/deep"), 0o755);
    }
  });

  it("resolves by every tsconfig there is, each of which would answer otherwise", async () => {
    const { status, out } = await checked({
      "src/model/tsconfig.json": paths("./*"),
      "src/hands/tsconfig.json": paths("../policy/*"),
      "src/model/admit.ts": "export {};\n",
      "src/hands/x.ts": 'export * from "@p/admit.ts";\n',
    });
    expect(status).toBe(1);
    expect(out).toContain("src/hands/x.ts:1:1 MATRIX hands imports policy");
  });
});

/** The breach is found, however often, with what lies in the cache. */
async function finds(fixture: Fixture, ...args: readonly string[]): Promise<boolean> {
  const cache = args.length > 0 ? args : ["--cache", join(fixture.root, "kept")];
  const { status, out } = await run(["check", "--root", fixture.root, "--format", "concise", ...cache]);
  return status === 1 && out.includes("src/model/x.ts:1:1 MATRIX");
}

/** Facts of a file without its imports, under the key of the guilty one. */
function forged(line: string): { readonly key: string; readonly text: string } {
  const [key = ""] = line.split(" ");
  return { key, text: JSON.stringify(readFacts("src/model/x.ts", "export {};\n")) };
}

describe("a cache that somebody else has written", () => {
  const GUILTY = { "src/model/x.ts": 'export * from "#policy";\n' };

  it("is not believed if another version of the checker wrote it", async () => {
    using fixture = project(GUILTY);
    expect(await finds(fixture)).toBe(true);
    const kept = join(fixture.root, "kept/facts.jsonl");
    const lines = readFileSync(kept, "utf8").split("\n");
    const others = lines
      .filter((line) => line !== "")
      .map((line) => {
        const { key, text } = forged(line);
        return `${key} ${hash("sha256", `another version ${key} ${text}`, "base64url")} ${text}`;
      });
    writeFileSync(kept, others.join("\n"));
    expect(await finds(fixture)).toBe(true);
  });

  it("is not looked at with --no-cache, even if it was forged by who knows how its entries are sealed", async () => {
    using fixture = project(GUILTY);
    expect(await finds(fixture)).toBe(true);
    const folder = join(fixture.root, "kept");
    const lines = readFileSync(join(folder, "facts.jsonl"), "utf8").split("\n");
    const guilty = lines.find((line) => line.includes('"#policy"') && line.includes('"form":"export"')) ?? "";
    mkdirSync(join(fixture.root, "node_modules/.cache"), { recursive: true });
    for (const each of [folder, join(fixture.root, "node_modules/.cache/layer-lint")]) {
      const cache = openFactsCache(each);
      cache.put(forged(guilty).key, readFacts("src/model/x.ts", "export {};\n"));
      cache.save();
    }
    expect(await finds(fixture), "a forgery is believed: the README says who may write there").toBe(false);
    expect(await finds(fixture, "--no-cache")).toBe(true);
  });
});
