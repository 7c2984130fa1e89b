import { readInstant } from "../instant.ts";
import { isNamed } from "../named.ts";
import { listOf, membersOf } from "../unread.ts";

/** An existing contract as far as it could be read. */
export interface ReadContract {
  readonly name: string;
  /** Undefined = cannot be told. */
  readonly capabilities: readonly string[] | undefined;
  /** Undefined = cannot be told. */
  readonly createdMs: number | undefined;
}

/** The facts as the rules use them. Undefined stands for everything that could not be read. */
export interface ReadFacts {
  readonly nowMs: number | undefined;
  readonly health: unknown;
  /** NaN if it is not a number. */
  readonly confidence: number;
  readonly severity: unknown;
  readonly recommendation: unknown;
  readonly issueType: unknown;
  readonly source: unknown;
  readonly capabilities: readonly string[] | undefined;
  readonly known: ReadonlySet<string> | undefined;
  readonly frozen: ReadonlySet<string> | undefined;
  readonly systemPreApproved: boolean;
  /** The types of all signals that block; one without a type is "untyped". */
  readonly blocks: readonly string[] | undefined;
  readonly contracts: readonly ReadContract[] | undefined;
}

/** Reads facts of which nothing is believed, not even their form. Never throws on a JSON value. */
export function readFacts(facts: unknown): ReadFacts {
  const members = membersOf(facts);
  return {
    nowMs: readInstant(members["now"]),
    health: members["health"],
    confidence: typeof members["confidence"] === "number" ? members["confidence"] : Number.NaN,
    severity: members["severity"],
    recommendation: members["recommendation"],
    issueType: members["issueType"],
    source: members["source"],
    capabilities: readNames(members["capabilities"]),
    known: readSet(members["knownCapabilities"]),
    frozen: readSet(members["frozenCapabilities"]),
    systemPreApproved: members["systemPreApproved"] === true,
    blocks: listOf(members["signals"])?.flatMap(readBlock),
    contracts: listOf(members["contracts"])?.map(readContract),
  };
}

function readBlock(signal: unknown): readonly string[] {
  const { blocking, type } = membersOf(signal);
  if (blocking === false) return [];
  return [isNamed(type) ? type : "untyped"];
}

function readContract(contract: unknown): ReadContract {
  const { contractId, capabilities, createdAt } = membersOf(contract);
  return {
    name: isNamed(contractId) ? contractId : "unnamed",
    capabilities: readNames(capabilities),
    createdMs: readInstant(createdAt),
  };
}

function readSet(value: unknown): ReadonlySet<string> | undefined {
  const names = readNames(value);
  return names && new Set(names);
}

function readNames(value: unknown): readonly string[] | undefined {
  const list = listOf(value);
  return list?.every(isNamed) === true ? list : undefined;
}
