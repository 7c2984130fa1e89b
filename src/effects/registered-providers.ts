import { assert, Fault } from "#model";
import type { Violation } from "#model";
import type { Provider } from "./provider.ts";
import type { StepType } from "./step-type.ts";

/** The providers of one server. All of them are there, or the server is not. */
export class ProviderRegistry implements AsyncDisposable {
  readonly #providers: Provider[] = [];
  readonly #providerOf = new Map<string, string>();
  /** What has freed itself, or was closed. */
  readonly #over = new Set<Provider>();
  #initialised = false;

  /**
   * Takes in a provider with all that it is able to do, or nothing of it.
   * @throws {Fault} INVALID_CONFIGURATION that names both wherever there is one of that name, or one with the same capability.
   */
  register(provider: Provider): void {
    assert(!this.#initialised, "providers are registered before they are initialised");
    const problems = this.#problemsOf(provider);
    if (problems.length > 0) {
      const violations = problems.map((description): Violation => ({ field: "providers", description }));
      throw new Fault("INVALID_CONFIGURATION", `A provider cannot be used: ${problems.join("; ")}`, { violations });
    }
    this.#providers.push(provider);
    for (const { name } of provider.stepTypes) this.#providerOf.set(name, provider.name);
  }

  /** All step types, in the order in which their providers were registered. */
  get stepTypes(): readonly StepType[] {
    return this.#providers.flatMap(({ stepTypes }) => stepTypes);
  }

  /**
   * Initialises all, one after the other, in the order in which they were registered. If any of them fails, the others are
   * tried all the same, so that everything that is wrong is told at once; then those that did not fail are closed, the last one first.
   * @throws {Fault} INVALID_CONFIGURATION that names each that failed with its reason.
   */
  async init(): Promise<void> {
    assert(!this.#initialised, "providers are initialised once");
    this.#initialised = true;
    const violations: Violation[] = [];
    for (const provider of this.#providers) {
      try {
        await provider.init?.();
      } catch (error) {
        this.#over.add(provider);
        violations.push({ field: `providers.${provider.name}`, description: described(error) });
      }
    }
    if (violations.length === 0) return;
    const closing = await this.#closeAll();
    const list = violations.map(({ field, description }) => `\n  ${field}: ${description}`).join("");
    const left = closing.map((problem) => `\n  and ${problem}`).join("");
    const text = `Providers could not be initialised, and none is left running:${list}${left}`;
    throw new Fault("INVALID_CONFIGURATION", text, { violations });
  }

  /** Closes all, the last one first, also behind one that fails. Safe to call twice. @throws {Error} that says which failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const problems = await this.#closeAll();
    if (problems.length > 0) throw new Error(problems.join("; "));
  }

  async #closeAll(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const provider of this.#providers.toReversed()) {
      if (this.#over.has(provider)) continue;
      this.#over.add(provider);
      try {
        await provider.close?.();
      } catch (error) {
        problems.push(`the provider ${provider.name} could not be closed: ${described(error)}`);
      }
    }
    return problems;
  }

  #problemsOf({ name, stepTypes }: Provider): readonly string[] {
    const named = this.#providers.find((one) => one.name === name);
    const names = stepTypes.map((type) => type.name);
    const twice =
      named === undefined
        ? []
        : [
            `there are two providers ${name}: one offers ${listed(named.stepTypes)}, the other ${listed(stepTypes)}; rename one`,
          ];
    const taken = names.flatMap((capability, place) => {
      const other = names.indexOf(capability) < place ? name : this.#providerOf.get(capability);
      if (other === undefined) return [];
      return [
        `the provider ${name} offers ${capability}, which the provider ${other} offers already: take one of them away`,
      ];
    });
    return [...twice, ...taken];
  }
}

function listed(stepTypes: readonly StepType[]): string {
  return stepTypes.map(({ name }) => name).join(", ") || "nothing";
}

function described(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
