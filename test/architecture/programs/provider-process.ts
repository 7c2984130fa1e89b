// Loads what the process of a provider loads. It goes no further, for nobody has given it frames.
await import("../../../src/effects/providers/isolated/provider-main.ts").catch(() => undefined);
