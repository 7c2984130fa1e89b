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
  mutant("what-has-come-stands-in-line", "small requests wait for nobody", {
    file: "src/api/grpc/gate.ts",
    change: ["if (over || whole) return;", "if (over) return;"],
    tests: "api/limits",
  }),
  mutant("requests-are-taken-behind-an-open-answer", "what a call holds is given back", {
    file: "src/api/grpc/side-port-answers.ts",
    change: ["if (response.socket === null)", "if (response.socket === undefined)"],
    tests: "api/http-side-port",
  }),
  large("small-requests-stand-in-line", ["bytes <= SMALL_BEGINNING_BYTES", "bytes <= 0"]),
];
