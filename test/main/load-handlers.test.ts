import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecretVault, ProviderRegistry } from "#effects";
import type { StepOutput, StepType } from "#effects";
import { Fault } from "#model";
import { loadConfiguration } from "../../src/main/load-configuration.ts";
import { loadHandlers } from "../../src/main/load-handlers.ts";
import { realClock } from "../effects/support/clock.ts";
import { performStep } from "../effects/support/perform-step.ts";
import { NotStarted, startServer } from "../support/server-process.ts";
import { step, wireJob } from "../support/wire-job.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/handlers/folder-make.ts");

const never: StepOutput = { success: false, output: null, error: "nobody performs it" };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-handlers-"));
  mkdirSync(join(directory, "handlers"), { mode: 0o755 });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Writes a module below the directory. */
function write(name: string, text: string, mode = 0o644): void {
  writeFileSync(join(directory, name), text);
  chmodSync(join(directory, name), mode);
}

async function load(handlers: readonly string[], taken: readonly string[] = []): Promise<readonly StepType[]> {
  const config = join(directory, "verbatim.yaml");
  writeFileSync(config, JSON.stringify({ handlers, handler_directories: ["handlers"] }));
  const configuration = await loadConfiguration({ flags: { config }, environment: {}, workingDirectory: "/" });
  const secrets = createSecretVault({
    sources: { key: { environment: "KEY" } },
    environment: { KEY: "a-secret-text" },
  });
  const registry = new ProviderRegistry();
  const builtIn = taken.map((name) => ({
    name,
    handler: { execute: () => never },
    checkParameters: () => [],
    parametersSchema: {},
  }));
  registry.register({ name: "built-in", stepTypes: builtIn });
  await loadHandlers(configuration, { secrets, clock: realClock, registry });
  return registry.stepTypes.slice(taken.length);
}

/** All problems that a load has, each with its field. */
async function problemsOf(handlers: readonly string[], taken: readonly string[] = []): Promise<readonly string[]> {
  try {
    await load(handlers, taken);
    return [];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error.code).toBe("INVALID_CONFIGURATION");
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
}

const typeNamed = (name: string, more = ""): string =>
  `{ name: "${name}", parametersSchema: {}, checkParameters: () => [], handler: { execute: () => ({ success: true, output: null }) }, ${more} }`;
const moduleOf = (...types: readonly string[]): string => `export const stepTypes = () => [${types.join(", ")}];`;

describe("handlers of the operator's own", () => {
  it("are loaded from the example, check their parameters, and do what they say", async () => {
    copyFileSync(EXAMPLE, join(directory, "handlers", "folder-make.ts"));
    const [type, ...others] = await load(["handlers/folder-make.ts"]);
    if (type === undefined) throw new Error("nothing was loaded");
    expect(others).toEqual([]);
    expect(type.name).toBe("folder.make");
    expect(type.checkParameters({ name: "../up", other: 1 })).toMatchObject([{ field: "name" }, { field: "other" }]);
    expect(await performStep(type, { name: "made" })).toMatchObject({ success: true, output: { made: true } });
    expect(existsSync(join(directory, "out", "made"))).toBe(true);
  });

  it("are given the directory of the configuration, a clock, and secrets by name", async () => {
    const said =
      'JSON.stringify([api.version, api.base, typeof api.clock.now(), api.secret("key"), "problem" in api.secret("none")])';
    write(
      "handlers/a.mjs",
      `export const stepTypes = async (api) => [${typeNamed("a.b").replace("parametersSchema: {}", `parametersSchema: { said: ${said} }`)}];`,
    );
    const [type] = await load([join(directory, "handlers/a.mjs")]);
    expect(type?.parametersSchema["said"]).toBe(
      JSON.stringify([1, directory, "string", { value: "a-secret-text" }, true]),
    );
  });

  it("stop the start with all problems of all modules at once", async () => {
    write("handlers/none.mjs", "export const other = 1;");
    write("handlers/syntax.mjs", "export const = 1;");
    write("handlers/throws.mjs", 'export function stepTypes() { throw new Error("no database"); }');
    write("handlers/list.mjs", "export const stepTypes = () => ({});");
    write(
      "handlers/shapes.mjs",
      moduleOf("1", "{}", typeNamed("Bad Name"), typeNamed("a.b", "sensitiveOutput: 1"), typeNamed("c.d")),
    );
    write(
      "handlers/twice.mjs",
      moduleOf(typeNamed("c.d"), typeNamed("command.run"), typeNamed("e.f"), typeNamed("e.f")),
    );
    const names = ["none", "syntax", "throws", "list", "shapes", "twice", "missing"].map(
      (name) => `handlers/${name}.mjs`,
    );
    const problems = await problemsOf([...names, "handlers/none.mjs"], ["command.run"]);
    for (const expected of [
      /^handlers\[0\]: .*none.mjs does not export a function stepTypes/,
      /^handlers\[1\]: .*could not be loaded: /,
      /^handlers\[2\]: .*could not be loaded: Error: no database/,
      /^handlers\[3\]: .*gives no list of step types/,
      /^handlers\[4\]: .*at place 0 no step type but 1/,
      /^handlers\[4\]: .*at place 1 a step type without a name/,
      /^handlers\[4\]: .*at place 1 without a function handler.execute/,
      /^handlers\[4\]: .*at place 1 without a function checkParameters/,
      /^handlers\[4\]: .*at place 1 without an object parametersSchema/,
      /^handlers\[4\]: .*at place 2 a step type without a name/,
      /^handlers\[4\]: .*the step type a.b with a sensitiveOutput that is no function/,
      /^handlers\[5\]: .*twice.mjs offers c.d, which the provider handlers\/shapes.mjs offers already/,
      /^handlers\[5\]: .*twice.mjs offers command.run, which the provider built-in offers already/,
      /^handlers\[5\]: .*twice.mjs offers e.f, which the provider handlers\/twice.mjs offers already/,
      /^handlers\[6\]: .*is not there/,
      /^handlers\[7\]: .*is listed twice/,
    ]) {
      expect(
        problems.filter((problem) => expected.test(problem)),
        String(expected),
      ).toHaveLength(1);
    }
    expect(problems).toHaveLength(16);
  });

  it("are not loaded from elsewhere, nor from where others may write", async () => {
    const loaded = join(directory, "loaded");
    const text = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(loaded)}, ""); ${moduleOf(typeNamed("a.b"))}`;
    write("outside.mjs", text);
    write("handlers/open.mjs", text, 0o666);
    write("handlers/group.mjs", text, 0o664);
    mkdirSync(join(directory, "handlers/shared"));
    chmodSync(join(directory, "handlers/shared"), 0o777);
    write("handlers/shared/a.mjs", text);
    symlinkSync(join(directory, "outside.mjs"), join(directory, "handlers/link.mjs"));
    const names = ["outside.mjs", "handlers/../outside.mjs", "handlers/link.mjs", "handlers"];
    for (const name of names) expect((await problemsOf([name])).join()).toMatch(/does not lie in a directory/);
    for (const name of ["handlers/open.mjs", "handlers/group.mjs", "handlers/shared/a.mjs"]) {
      expect((await problemsOf([name])).join()).toMatch(/may be written to by its group or by others/);
    }
    chmodSync(join(directory, "handlers"), 0o775);
    write("handlers/fine.mjs", text);
    expect((await problemsOf(["handlers/fine.mjs"])).join()).toMatch(/handlers may be written to/);
    chmodSync(join(directory, "handlers"), 0o755);
    chmodSync(directory, 0o777);
    expect((await problemsOf(["handlers/fine.mjs"])).join()).toMatch(/to which everybody may write/);
    chmodSync(directory, 0o755);
    expect(existsSync(loaded)).toBe(false);
    expect(await problemsOf(["handlers/fine.mjs"])).toEqual([]);
  });

  it("whose check of parameters throws have the job refused, and not the server fail", async () => {
    write(
      "handlers/a.mjs",
      moduleOf(typeNamed("a.b").replace("checkParameters: () => []", 'checkParameters() { throw new Error("oops"); }')),
    );
    const [type] = await load(["handlers/a.mjs"]);
    expect(type?.checkParameters({})).toMatchObject([{ description: "cannot be checked, for a.b failed at it: oops" }]);
  });

  it("perform steps of a real server, and stop one that names a broken one from starting", async () => {
    copyFileSync(EXAMPLE, join(directory, "handlers", "folder-make.ts"));
    const configuration = { handlers: ["handlers/folder-make.ts"], handler_directories: ["handlers"] };
    const state = join(directory, "state");
    {
      await using server = await startServer({ state, entry: "serve", configuration });
      const client = await server.client();
      const { result } = await client.executor.executeJob(wireJob("a-job", [step("folder.make", { name: "made" })]));
      expect(result?.stepsSucceeded).toBe(1);
      expect(existsSync(join(directory, "out", "made"))).toBe(true);
      await server.end("SIGTERM");
    }
    const broken = startServer({
      state,
      entry: "serve",
      configuration: { ...configuration, handlers: ["handlers/none.ts"] },
    });
    const problem: unknown = await broken.catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(NotStarted);
    expect(String(problem)).toMatch(/handlers\[0\]: handlers\/none.ts is not there/);
  });
});
