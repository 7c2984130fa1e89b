import { resolve } from "node:path";
import { readSecret } from "#effects";
import { Fault } from "#model";
import type { LoadedConfiguration } from "./load-configuration.ts";

type Reference = NonNullable<LoadedConfiguration["jobs"]["url"]>;

/** The value that a reference names. @throws {Fault} INVALID_CONFIGURATION */
export function addressOf(
  reference: Reference,
  { field, base }: { readonly field: string; readonly base: string },
): string {
  const source = "file" in reference ? { file: resolve(base, reference.file) } : reference;
  const read = readSecret(source, process.env);
  if (read.kind === "value") return read.value.trim();
  const description = read.problem;
  throw new Fault("INVALID_CONFIGURATION", `${field} cannot be read: ${description}`, {
    violations: [{ field, description }],
  });
}
