import { mutant } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

const large = (name: string, change: readonly [string, string]): Mutant =>
  mutant(name, "small requests wait for nobody", {
    file: "src/api/grpc/large-request.ts",
    change,
    tests: "api/limits",
  });

/** Mistakes at the wire. */
export const WIRE_MUTANTS: readonly Mutant[] = [
  large("large-requests-take-no-turn", ["if (line === undefined) return;", "if (line !== undefined) return;"]),
  large("small-requests-stand-in-line", ["bytes <= SMALL_BEGINNING_BYTES", "bytes <= 0"]),
];
