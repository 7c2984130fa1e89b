import { acyclic } from "./acyclic.ts";
import { adaptersOnlyFrom } from "./adapters-only-from.ts";
import { allowMatrix } from "./allow-matrix.ts";
import { budget } from "./budget.ts";
import { builtins } from "./builtins.ts";
import { cannotReach } from "./cannot-reach.ts";
import { declared } from "./declared.ts";
import { faceOnly } from "./face-only.ts";
import { globals } from "./globals.ts";
import { independent } from "./independent.ts";
import type { LawKind } from "./law.ts";
import { machineLaws } from "./machine-laws.ts";
import { mintOnly } from "./mint-only.ts";
import { noOrphans } from "./no-orphans.ts";
import { packages } from "./packages.ts";
import { portOnlyTypes } from "./port-only-types.ts";
import { protectedFrom } from "./protected.ts";
import { touchesOnly } from "./touches-only.ts";
import { typeOnly } from "./type-only.ts";
import { visibleImports } from "./visible-imports.ts";

/** Every kind of law that a configuration can use. */
export const LAW_KINDS: readonly LawKind[] = [
  allowMatrix,
  faceOnly,
  acyclic,
  typeOnly,
  declared,
  adaptersOnlyFrom,
  mintOnly,
  visibleImports,
  portOnlyTypes,
  cannotReach,
  touchesOnly,
  budget,
  independent,
  protectedFrom,
  builtins,
  globals,
  packages,
  noOrphans,
  ...machineLaws,
];
