import { pathToFileURL } from "node:url";
import type { ProviderRegistry, SecretVault, StepType } from "#effects";
import { Fault } from "#model";
import type { Clock, Violation } from "#model";
import { findHandler } from "./handler-files.ts";
import type { LoadedConfiguration } from "./load-configuration.ts";
import { readStepTypes } from "./read-step-types.ts";
import { registrationProblems } from "./registration-problems.ts";

/** What a module of handlers is given. */
export interface HandlerApi {
  /** Another number when something that is promised here was taken away. */
  readonly version: 1;
  /** Absolute directory of the configuration file. */
  readonly base: string;
  readonly clock: Clock;
  /** The value of a secret of the configuration, read now, or why there is none. What steps say is scrubbed of it. */
  secret(name: string): { readonly value: string } | { readonly problem: string };
}

/** What handlers are loaded with. */
export interface LoadHandlersOptions {
  readonly secrets: SecretVault | undefined;
  readonly clock: Clock;
  /** Takes in what each module offers, beside what there is. */
  readonly registry: ProviderRegistry;
}

/** A module that has not made its step types by then never will. */
const LOAD_MS = 30_000;

/**
 * Loads the modules that the configuration lists under `handlers`, in their order, and registers each as a provider under its path. Each
 * exports `stepTypes(api)`, which gives step types or a promise of them. They are the operator's own and run in this process, with all that it
 * may do; what somebody else has written belongs under `providers`.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of every module.
 */
export async function loadHandlers(configuration: LoadedConfiguration, options: LoadHandlersOptions): Promise<void> {
  const violations: Violation[] = [];
  const files = new Set<string>();
  for (const [index, path] of configuration.handlers.entries()) {
    const tell = (problem: string): number =>
      violations.push({ field: `handlers[${index}]`, description: `${path} ${problem}` });
    const found = findHandler(path, configuration);
    if ("problem" in found) tell(found.problem);
    else if (files.has(found.file)) tell("is listed twice: take one away");
    else {
      files.add(found.file);
      const answer = await loadModule(found.file, apiOf(configuration, options), options.clock);
      for (const problem of answer.problems) tell(problem);
      const { stepTypes } = answer;
      for (const problem of registrationProblems(options.registry, { name: path, stepTypes })) tell(problem);
    }
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `\n  ${field}: ${description}`).join("");
  throw new Fault("INVALID_CONFIGURATION", `Handlers of the configuration cannot be used:${list}`, { violations });
}

function apiOf({ base }: LoadedConfiguration, { secrets, clock }: LoadHandlersOptions): HandlerApi {
  const none = { problem: "the configuration has no secrets" };
  return Object.freeze<HandlerApi>({ version: 1, base, clock, secret: (name) => secrets?.resolve(name) ?? none });
}

interface LoadedModule {
  readonly stepTypes: readonly StepType[];
  readonly problems: readonly string[];
}

async function loadModule(file: string, api: HandlerApi, clock: Clock): Promise<LoadedModule> {
  const { promise: late, resolve } = Promise.withResolvers<LoadedModule>();
  const problem = `has not given its step types within ${LOAD_MS / 1000} s`;
  const disarm = clock.after(LOAD_MS, () => resolve({ stepTypes: [], problems: [problem] }));
  const load = async (): Promise<LoadedModule> => {
    try {
      const module: unknown = await import(pathToFileURL(file).href);
      const make = (module as { readonly stepTypes?: unknown }).stepTypes; // a module is an object
      if (typeof make !== "function") return { stepTypes: [], problems: ["does not export a function stepTypes(api)"] };
      return readStepTypes(await (make as (given: HandlerApi) => unknown)(api)); // what it takes and gives is its own affair
    } catch (error) {
      return { stepTypes: [], problems: [`could not be loaded: ${described(error)}`] };
    }
  };
  return await Promise.race([load(), late]).finally(disarm);
}

function described(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
