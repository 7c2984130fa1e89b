import type { Provider, ProviderRegistry } from "#effects";
import { Fault } from "#model";

/** Registers a provider; what speaks against it comes back in words, so that it can be told together with other problems. */
export function registrationProblems(registry: ProviderRegistry, provider: Provider): readonly string[] {
  try {
    registry.register(provider);
    return [];
  } catch (error) {
    if (error instanceof Fault) return error.violations.map(({ description }) => `is refused: ${description}`);
    throw error;
  }
}
