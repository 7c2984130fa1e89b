import type { Json } from "#model";

/** The types of changes that a request can propose; each is carried out by the step type of the same name. */
export const CHANGE_TYPES = [
  "capability_enable",
  "capability_disable",
  "configuration_update",
  "parameter_change",
] as const;

/** One of {@link CHANGE_TYPES}. */
export type ChangeType = (typeof CHANGE_TYPES)[number];

/**
 * One change of the platform that a request proposes. Names of capabilities, keys and parameters are 1..64 of
 * `a-z 0-9 _ . -`, a letter or digit first; the capability `SYSTEM` is the one exception. A value is JSON, at most
 * 8 KiB as text and 64 levels deep.
 */
export type ProposedChange =
  | { readonly type: "capability_enable"; readonly capability: string }
  | { readonly type: "capability_disable"; readonly capability: string }
  | { readonly type: "configuration_update"; readonly key: string; readonly value: Json }
  | {
      readonly type: "parameter_change";
      readonly capability: string;
      readonly parameter: string;
      readonly value: Json;
    };

/** How pressing a request is, from the least to the most. */
export const URGENCIES = ["low", "normal", "high", "critical"] as const;

/** One of {@link URGENCIES}. */
export type Urgency = (typeof URGENCIES)[number];

/** The capability that stands for all configuration: a request that updates a key lists it. */
export const CONFIGURATION_CAPABILITY = "configuration";

/** What somebody asks for. It has no authority: it is material that the deciders look at. */
export interface ChangeRequest {
  /** Where it came from, 1..128 characters; which sources may lead to a contract is a rule of eligibility. */
  readonly source: string;
  /** What it is called there, such as a ticket's number: 0..256 characters, empty = nothing. */
  readonly reference: string;
  /** Who asks, from the credential, 1..128 characters. */
  readonly submittedBy: string;
  /** 1..200 characters. */
  readonly title: string;
  /** 0..10,000 characters. */
  readonly description: string;
  readonly urgency: Urgency;
  /** 1..50, no two of one resource key. */
  readonly changes: readonly ProposedChange[];
  /** What it touches, 0..50 names, each once; every change's capability is among them. */
  readonly capabilities: readonly string[];
}
