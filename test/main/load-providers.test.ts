import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCommandHost, ProviderRegistry } from "#effects";
import { Fault } from "#model";
import { loadConfiguration } from "../../src/main/load-configuration.ts";
import { loadProviders } from "../../src/main/load-providers.ts";
import { realClock } from "../effects/support/clock.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

const moduleOf = (name: string, capability: string): string =>
  `export const provider = { name: "${name}", capabilities: { "${capability}": { parameters: { type: "object" }, perform() {} } } };`;

describe("providers of others that the configuration lists", () => {
  it("stop the start with all problems of all of them at once, and none of their processes is left", async () => {
    await using directory = await scratchDirectory();
    mkdirSync(join(directory.path, "providers"), { mode: 0o755 });
    const write = (name: string, text: string): void =>
      writeFileSync(join(directory.path, name), text, { mode: 0o644 });
    write("providers/one.mjs", moduleOf("one", "a.b"));
    write("providers/two.mjs", moduleOf("two", "a.b"));
    write("providers/uno.mjs", moduleOf("one", "c.d"));
    write("providers/given.mjs", moduleOf("given", "command.run"));
    write("providers/throws.mjs", 'throw new Error("no licence");');
    write("outside.mjs", moduleOf("outside", "e.f"));
    const names = ["providers/one", "providers/two", "providers/uno", "providers/given", "providers/throws", "outside"];
    const providers = [...names, "providers/missing"].map((name) => ({ module: `${name}.mjs` }));
    const config = join(directory.path, "verbatim.yaml");
    writeFileSync(config, JSON.stringify({ handler_directories: ["providers"], providers }));
    const configuration = await loadConfiguration({ flags: { config }, environment: {}, workingDirectory: "/" });
    await using host = createCommandHost({ clock: realClock });
    await using registry = new ProviderRegistry();
    const handler = { execute: () => ({ success: true, output: null }) };
    const run = { name: "command.run", handler, checkParameters: () => [], parametersSchema: {} };
    registry.register({ name: "commands", stepTypes: [run] });
    const [started, ended]: [number[], number[]] = [[], []];
    const log = (event: string, { pid }: Readonly<Record<string, unknown>>): void => {
      if (event === "provider.started") started.push(Number(pid));
      if (event === "provider.ended") ended.push(Number(pid));
    };
    const refused: unknown = await loadProviders(configuration, { secrets: undefined, log, host, registry }).catch(
      (error: unknown) => error,
    );
    if (!(refused instanceof Fault)) throw new Error(`it was not refused: ${String(refused)}`);
    expect(refused.code).toBe("INVALID_CONFIGURATION");
    const told = refused.violations.map(({ field, description }) => `${field}: ${description}`);
    expect(told).toEqual(
      [
        /^providers\[1\]: .*two\.mjs is refused: the provider two offers a\.b, which the provider one offers already/,
        /^providers\[2\]: .*there are two providers one: one offers a\.b, the other c\.d/,
        /^providers\[3\]: .*the provider given offers command\.run, which the provider commands offers already/,
        /^providers\[4\]: .*throws\.mjs could not be loaded: no licence/,
        /^providers\[5\]: outside\.mjs does not lie in a directory that handler_directories lists/,
        /^providers\[6\]: providers\/missing\.mjs is not there/,
      ].map((line) => expect.stringMatching(line) as string),
    );
    await registry[Symbol.asyncDispose]();
    expect(started).toHaveLength(5);
    expect(new Set(ended)).toEqual(new Set(started));
  });
});
