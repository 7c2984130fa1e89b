import { resolve } from "node:path";
import { z } from "zod";
import { readSecret } from "#effects";
import { Fault } from "#model";

/** Where the address of a server is read: it may hold a password. */
export const reference = z.union(
  [
    z.strictObject({ file: z.string().min(1).max(4096).describe("A file that others may not open.") }),
    z.strictObject({
      environment: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
        .describe("A variable of the server's own environment."),
    }),
  ],
  {
    error:
      "expected {file: path} or {environment: VARIABLE}: an address with a password stands in neither this file nor a log",
  },
);

/** Where an address is read. */
export type Reference = z.output<typeof reference>;

/** The address that a reference names. @throws {Fault} INVALID_CONFIGURATION */
export function addressOf(
  named: Reference,
  { field, base }: { readonly field: string; readonly base: string },
): string {
  const source = "file" in named ? { file: resolve(base, named.file) } : named;
  const read = readSecret(source, process.env);
  if (read.kind === "value") return read.value.trim();
  const description = read.problem;
  throw new Fault("INVALID_CONFIGURATION", `${field} cannot be read: ${description}`, {
    violations: [{ field, description }],
  });
}
