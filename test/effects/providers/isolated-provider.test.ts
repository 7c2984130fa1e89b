import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCommandHost, createSecretVault, loadIsolatedProvider } from "#effects";
import type { CommandHost, IsolatedProviderOptions, Provider, ProviderNews, StepOutput, StepType } from "#effects";
import { realClock } from "../support/clock.ts";
import { performStep } from "../support/perform-step.ts";
import { until } from "../support/until.ts";

const BAD = join(import.meta.dirname, "../support/bad-provider.mjs");

const directory = mkdtempSync(join(tmpdir(), "verbatim-isolated-"));
const effects = join(directory, "effects");
let host: CommandHost;
let news: ProviderNews[] = [];
let bad: Provider;
let type: StepType;

async function load(file: string, more: Partial<IsolatedProviderOptions> = {}): Promise<Provider> {
  const loaded = await loadIsolatedProvider({ ...OPTIONS, host, file, ...more });
  if ("problem" in loaded) throw new Error(loaded.problem);
  return loaded.provider;
}

const OPTIONS = {
  settings: { a: [1] },
  secretNames: ["known"],
  secrets: createSecretVault({
    sources: { known: { environment: "K" }, other: { environment: "O" } },
    environment: { K: "value-of-known", O: "value-of-other" },
  }),
  environment: { LANG: "C" },
  processes: 1,
  memoryMebibytes: 128,
  startSeconds: 20,
  clock: realClock,
  newMarker: randomUUID,
  onNews: (one: ProviderNews) => news.push(one),
};

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

/** A module that offers one capability with this schema. */
function changing(schema: string): string {
  return `export const provider = { name: "c", capabilities: { "c.d": { parameters: ${schema}, perform: () => process.exit(0) } } };`;
}

function onlyType({ stepTypes: [first] }: Provider): StepType {
  if (first === undefined) throw new Error("it offers nothing");
  return first;
}

async function does(how: string, milliseconds?: number): Promise<StepOutput> {
  const stop = new AbortController();
  const timer = milliseconds === undefined ? undefined : setTimeout(() => stop.abort(), milliseconds);
  return await performStep(type, { how, file: effects }, { signal: stop.signal }).finally(() => clearTimeout(timer));
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

beforeAll(async () => {
  writeFileSync(effects, "");
  host = createCommandHost({ clock: realClock });
  bad = await load(BAD);
  await bad.init?.();
  type = onlyType(bad);
}, 60_000);
afterAll(async () => {
  await bad.close?.();
  await host[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const NOT_TO_BE_LOADED: readonly (readonly [name: string, text: string, problem: RegExp])[] = [
  ["throws", "throw new Error('no licence');", /could not be loaded: no licence/],
  ["has no provider", "export const other = 1;", /does not export an object `provider`/],
  ["ends itself", "process.exit(7);", /exit code 7/],
  ["hangs", "await new Promise((r) => setTimeout(r, 100_000));", /not done within 0.5 s/],
  ["has a bad name", "export const provider = { name: 'A B', capabilities: {} };", /no name such as sms-gateway/],
  [
    "has a schema that cannot be kept",
    "export const provider = { name: 'a', capabilities: { 'a.b': { parameters: { type: 'object', anyOf: [] }, perform() {} } } };",
    /a\.b: anyOf of its schema is a word that is not known here/,
  ],
];

describe("a provider in a process of its own", () => {
  it("has the settings, the secrets and the variables that were declared for it, and no others", async () => {
    process.env["OF_THE_SERVER"] = "a-value-of-the-server";
    expect(await does("environment")).toEqual({
      success: true,
      output: { names: ["LANG", "VERBATIM_STEP"], secrets: ["known"], told: ["value-of-known"], settings: { a: [1] } },
    });
  });

  it("has its parameters checked here, whatever has become of its process", async () => {
    expect(type.checkParameters({ how: "fine", more: 1 })).toEqual([
      { field: "more", description: "is not known here" },
    ]);
    expect(await performStep(type, { how: "other" })).toMatchObject({
      success: false,
      errorClass: "validation_failed",
    });
  });

  it.each([
    ["throw", /^it cannot be done$/],
    ["reject", /^it cannot be done later$/],
    ["throw_nothing", /^undefined$/],
    ["large", /^the answer has \d+ bytes, expected at most/],
    ["cycle", /^the answer is no JSON/],
    ["bigint", /^the answer is no JSON/],
  ])("that does %s throws as any handler does, and its process is kept", async (how, error) => {
    const before = news.filter(({ kind }) => kind === "ended").length;
    await expect(does(how)).rejects.toThrow(error);
    expect(await does("fine")).toMatchObject({ success: true });
    expect(news.filter(({ kind }) => kind === "ended")).toHaveLength(before);
  });

  it.each([
    ["nothing", /no result of a step/],
    ["text", /no result of a step/],
    ["more", /admin/],
    ["both", /says success and a failure/],
    ["silent", /says failure and no `error`/],
    ["deep", /nested deeper than 64/],
  ])("that answers with %s fails for good", async (how, error) => {
    expect(await does(how)).toEqual({
      success: false,
      output: null,
      errorClass: "permanent",
      error: expect.stringMatching(error) as string,
    });
  });

  it.each([
    ["exit", /exit code 3/],
    ["kill", /signal SIGKILL\)/],
    ["abort", /signal SIGABRT/],
    ["garbage", /SIGKILL: it does not speak as it has to: a frame has \d+ bytes/],
    ["forge", /SIGKILL: it does not speak as it has to: Unrecognized key/],
  ])("that does %s fails its step as transient, and the next call has another process", async (how, error) => {
    const failed = await does(how);
    expect(failed).toMatchObject({ success: false, errorClass: "transient_io" });
    expect(failed.error).toMatch(error);
    expect(await does("fine")).toMatchObject({ success: true });
  });

  it.each(["hang", "loop", "stop", "deaf"])("that does %s is ended with all that it started", async (how) => {
    const pid = (await does("fine")).output;
    expect(await does(how, 300)).toMatchObject({ success: false });
    await until("its process is gone", () => !isAlive((pid as { pid: number }).pid));
    const child = Number(readFileSync(effects, "utf8").trim().split("\n").at(-1));
    if (how === "deaf") await until("what it started is gone", () => !isAlive(child));
    expect(await does("fine")).toMatchObject({ success: true });
  });

  it("that says something without being asked is ended, before it is taken for an answer", async () => {
    news = [];
    expect(await does("later")).toMatchObject({ success: true });
    const how = (): string => news.map((one) => (one.kind === "ended" ? one.how : "")).join("");
    await until("it is ended", () => how().includes("it said something without being asked"));
    expect(await does("fine")).toMatchObject({ success: true });
  });

  it("that ends itself leaves nothing behind that it has started", async () => {
    expect(await does("leave")).toMatchObject({
      errorClass: "transient_io",
      error: expect.stringMatching(/exit code 3/) as string,
    });
    const child = Number(readFileSync(effects, "utf8").trim().split("\n").at(-1));
    await until("what it started is gone", () => !isAlive(child));
  });

  it("may write as it likes, and is told within bounds", async () => {
    news = [];
    expect(await does("loud")).toMatchObject({ success: true });
    const lines = (): string[] => news.flatMap((one) => (one.kind === "output" ? [one.line] : []));
    await does("exit_fine"); // then all of it was read
    await until("what was left out is told", () => lines().some((line) => line.includes("were left out")));
    expect(lines().length).toBeLessThanOrEqual(102);
    expect(Math.max(...lines().map((line) => line.length))).toBeLessThanOrEqual(1001);
    expect(lines()[0]).toMatch(/^line 0 y+…?$/);
  });

  it("whose module has changed meanwhile is not used until the server is started anew", async () => {
    const file = write("changing.mjs", changing('{ type: "object" }'));
    const provider = await load(file);
    await provider.init?.();
    await performStep(onlyType(provider), {});
    write("changing.mjs", changing('{ type: "object", additionalProperties: true }'));
    expect((await performStep(onlyType(provider), {})).error).toMatch(/says other things of itself/);
    await provider.close?.();
  });

  it("whose module cannot be loaded says why, whatever the module does instead", async () => {
    const refused = await Promise.all(
      NOT_TO_BE_LOADED.map(([name, text]) =>
        loadIsolatedProvider({
          ...OPTIONS,
          host,
          file: write(`${name}.mjs`, text),
          startSeconds: name === "hangs" ? 0.5 : 20,
        }),
      ),
    );
    for (const [index, [, , problem]] of NOT_TO_BE_LOADED.entries())
      expect(refused[index]).toEqual({ problem: expect.stringMatching(problem) as string });
  });

  it("that cannot be made ready is not there, and leaves no process", async () => {
    const text = `export const provider = { name: "i", capabilities: { "i.j": { parameters: { type: "object" }, perform() {} } }, init() { throw new Error("no line"); } };`;
    news = [];
    const unready = await load(write("unready.mjs", text));
    await expect(unready.init?.()).rejects.toThrow("could not be initialised: no line");
    const [started] = news;
    expect(started?.kind === "started" && isAlive(started.pid)).toBe(false);
    const poor = await load(BAD, { secretNames: ["none"] });
    await expect(poor.init?.()).rejects.toThrow(/the secret none cannot be used/);
  });
});
