import { describe, expect, it } from "vitest";
import { ProviderRegistry } from "#effects";
import type { Provider, StepType } from "#effects";
import { Fault } from "#model";

function type(name: string): StepType {
  const handler = { execute: () => ({ success: true, output: null }) };
  return { name, handler, checkParameters: () => [], parametersSchema: {} };
}

/** A provider that writes down what becomes of it; those whose names stand in `fails` cannot be initialised, or closed. */
function told(
  name: string,
  { said, fails = [], capabilities = [`${name}.do`] }: { said: string[]; fails?: string[]; capabilities?: string[] },
): Provider {
  const say = async (word: string): Promise<void> => {
    said.push(`${word} ${name}`);
    if (fails.includes(`${word} ${name}`)) throw new Error(`${name} has no database`);
  };
  return { name, stepTypes: capabilities.map(type), init: () => say("init"), close: () => say("close") };
}

async function faultOf(work: () => unknown): Promise<Fault> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("the registry of providers", () => {
  it("initialises all in the order in which they were registered, and closes them the other way round, once", async () => {
    const said: string[] = [];
    const registry = new ProviderRegistry();
    for (const name of ["a", "b", "c"]) registry.register(told(name, { said }));
    registry.register({ name: "without", stepTypes: [type("w.do")] });
    expect(registry.stepTypes.map(({ name }) => name)).toEqual(["a.do", "b.do", "c.do", "w.do"]);
    await registry.init();
    expect(said).toEqual(["init a", "init b", "init c"]);
    await registry[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    expect(said.slice(3)).toEqual(["close c", "close b", "close a"]);
  });

  it("closes those that were initialised in reverse order when any fails, and names every one that failed", async () => {
    const said: string[] = [];
    const registry = new ProviderRegistry();
    const fails = ["init b", "init d"];
    for (const name of ["a", "b", "c", "d", "e"]) registry.register(told(name, { said, fails }));
    const fault = await faultOf(() => registry.init());
    expect(fault.code).toBe("INVALID_CONFIGURATION");
    expect(fault.violations).toEqual([
      { field: "providers.b", description: "b has no database" },
      { field: "providers.d", description: "d has no database" },
    ]);
    expect(fault.message).toMatch(/providers\.b: b has no database\n.*providers\.d: d has no database/);
    expect(said).toEqual(["init a", "init b", "init c", "init d", "init e", "close e", "close c", "close a"]);
    await registry[Symbol.asyncDispose]();
    expect(said).toHaveLength(8);
  });

  it("closes those behind one that cannot be closed, and says so", async () => {
    const said: string[] = [];
    const registry = new ProviderRegistry();
    const fails = ["close b", "init c"];
    for (const name of ["a", "b", "c"]) registry.register(told(name, { said, fails }));
    const fault = await faultOf(() => registry.init());
    expect(fault.message).toContain("the provider b could not be closed: b has no database");
    expect(said.at(-1)).toBe("close a");
  });

  it("frees what was registered and never initialised, and tells what could not be closed", async () => {
    const said: string[] = [];
    const registry = new ProviderRegistry();
    registry.register(told("a", { said, fails: ["close a"] }));
    await expect(registry[Symbol.asyncDispose]()).rejects.toThrow(/the provider a could not be closed/);
    expect(said).toEqual(["close a"]);
  });

  it("refuses a capability that there is already with the names of both, and takes in nothing of it", async () => {
    const said: string[] = [];
    const registry = new ProviderRegistry();
    registry.register(told("first", { said, capabilities: ["sms.send", "sms.read"] }));
    const second = told("second", { said, capabilities: ["sms.other", "sms.send"] });
    const fault = await faultOf(() => registry.register(second));
    expect(fault.message).toContain("the provider second offers sms.send, which the provider first offers already");
    expect(registry.stepTypes.map(({ name }) => name)).toEqual(["sms.send", "sms.read"]);
    const twice = await faultOf(() => registry.register(told("third", { said, capabilities: ["x.y", "x.y"] })));
    expect(twice.message).toContain("the provider third offers x.y, which the provider third offers already");
    registry.register(told("fourth", { said, capabilities: ["sms.other"] }));
  });

  it("refuses a second provider of one name with what both offer", async () => {
    const said: string[] = [];
    const registry = new ProviderRegistry();
    registry.register(told("sms", { said, capabilities: ["sms.send"] }));
    const fault = await faultOf(() => registry.register(told("sms", { said, capabilities: ["sms.read"] })));
    expect(fault.message).toContain("there are two providers sms: one offers sms.send, the other sms.read");
  });
});
