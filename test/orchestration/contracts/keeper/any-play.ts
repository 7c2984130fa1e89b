import fc from "fast-check";
import type { RolloutStage } from "#governance";
import { SYSTEM_SCOPE } from "#model";
import type { Death } from "./mortal-life.ts";

/** What a handler does when it is called. */
export type Behaviour = "sound" | "idle" | "elsewhere" | "hiding" | "opposite" | "throwing" | "blinding" | "alarming";

/** One thing that happens to a keeper. `of` counts contracts from the newest. */
export type Move =
  | {
      readonly do: "submit";
      readonly reference: number;
      readonly capabilities: readonly string[];
      readonly type: "capability_enable" | "capability_disable";
      readonly actor: string;
      readonly hours: number;
    }
  /** What somebody rightly does next, whatever that is. `dies`: the process ends when that is stored, and the next one is idle. */
  | { readonly do: "go on"; readonly of: number; readonly dies: boolean }
  | {
      readonly do: "review";
      readonly of: number;
      readonly actor: string;
      readonly decision: "approve" | "reject";
      readonly plan: "seen" | "another";
      readonly version: "seen" | "older";
      readonly hours: number;
    }
  | { readonly do: "activate" | "cancel"; readonly of: number; readonly actor: string }
  | { readonly do: "resolve"; readonly of: number; readonly actor: string; readonly pass: boolean }
  | { readonly do: "rollout"; readonly of: number; readonly actor: string; readonly to: RolloutStage }
  /** Has a job run past the keeper: with the contract's own steps, or others. */
  | {
      readonly do: "execute";
      readonly of: number;
      readonly actor: string;
      readonly job: "job" | "rollback" | "rollback-2" | "another";
      readonly steps: "approved" | "others";
    }
  /** Time passes; `isHeld`: without the timers that would say so. */
  | { readonly do: "wait"; readonly hours: number; readonly isHeld: boolean }
  | { readonly do: "signal"; readonly scope: string; readonly status: "DEGRADED" | "BLOCKED" | "UNKNOWN" | "none" }
  /** Somebody writes to the platform's file without a name. */
  | { readonly do: "meddle"; readonly value: number }
  | { readonly do: "look" }
  /** The process ends now, or in an append to come. `isIdle`: the next one goes on with nothing by itself. */
  | { readonly do: "die"; readonly death: Death | undefined; readonly isIdle: boolean };

/** A move, and for how many turns of the event loop nothing else happens; undefined = until it is answered. */
export interface Play {
  readonly moves: readonly { readonly move: Move; readonly turns: number | undefined }[];
  /** What the handler does in its first call, its second, and so on over again. */
  readonly behaviours: readonly Behaviour[];
}

/** Whoever asks in three spellings, a second and a third person, and the engine's own name. */
const actor = fc.constantFrom("ada", " ADA", "ａｄａ", "grace", "grace", "grace", "linus", "verbatim");
const of = fc.constantFrom(0, 0, 0, 1, 2);
const scope = fc.constantFrom("billing", "search", SYSTEM_SCOPE);

const submit: fc.Arbitrary<Move> = fc.record({
  do: fc.constant("submit"),
  reference: fc.nat({ max: 4 }),
  capabilities: fc.constantFrom(["billing"], ["billing"], ["search"], ["billing", "search"], ["legacy"]),
  type: fc.constantFrom("capability_enable", "capability_enable", "capability_enable", "capability_disable"),
  actor: fc.constantFrom("ada", "ada", "grace", "verbatim"),
  hours: fc.constantFrom(1, 72, 72),
});

const weighted: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<Move>])[] = [
  [4, submit],
  [12, fc.record({ do: fc.constant("go on"), of, dies: fc.constantFrom(false, false, true) })],
  [
    3,
    fc.record({
      do: fc.constant("review"),
      of,
      actor,
      decision: fc.constantFrom("approve", "approve", "approve", "reject"),
      plan: fc.constantFrom("seen", "seen", "another"),
      version: fc.constantFrom("seen", "seen", "seen", "older"),
      hours: fc.constantFrom(1, 24, 168, 169),
    }),
  ],
  [2, fc.record({ do: fc.constant("activate"), of, actor })],
  [1, fc.record({ do: fc.constant("cancel"), of, actor })],
  [2, fc.record({ do: fc.constant("resolve"), of, actor, pass: fc.boolean() })],
  [1, fc.record({ do: fc.constant("rollout"), of, actor, to: fc.constantFrom<RolloutStage[]>("INTERNAL", "LIMITED") })],
  [
    5,
    fc.record({
      do: fc.constant("execute"),
      of,
      actor,
      job: fc.constantFrom("job", "job", "job", "rollback", "rollback-2", "another"),
      steps: fc.constantFrom("approved", "others"),
    }),
  ],
  [2, fc.record({ do: fc.constant("wait"), hours: fc.constantFrom(0.01, 1, 24, 72), isHeld: fc.boolean() })],
  [
    1,
    fc.record({
      do: fc.constant("signal"),
      scope,
      status: fc.constantFrom("DEGRADED", "BLOCKED", "UNKNOWN", "none", "none"),
    }),
  ],
  [1, fc.record({ do: fc.constant("meddle"), value: fc.nat({ max: 1 }) })],
  [1, fc.record({ do: fc.constant("look") })],
  [
    3,
    fc.record({
      do: fc.constant("die"),
      death: fc.option(fc.record({ appends: fc.integer({ min: 1, max: 6 }), isStored: fc.boolean() }), {
        nil: undefined,
      }),
      isIdle: fc.boolean(),
    }),
  ],
];

const anyMove = fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const turns = fc.constantFrom(undefined, undefined, undefined, 0, 1, 3);

/** Anything that can happen to a keeper, in any order, behind a first request. */
export const anyPlay: fc.Arbitrary<Play> = fc.record({
  moves: fc
    .tuple(submit, fc.array(fc.record({ move: anyMove, turns }), { minLength: 4, maxLength: 30, size: "max" }))
    .map(([first, others]) => [{ move: first, turns: undefined }, ...others]),
  behaviours: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant<Behaviour>("sound") },
      {
        weight: 4,
        arbitrary: fc.constantFrom<Behaviour[]>(
          "idle",
          "elsewhere",
          "hiding",
          "opposite",
          "throwing",
          "blinding",
          "blinding",
          "blinding",
          "alarming",
        ),
      },
    ),
    { minLength: 1, maxLength: 4 },
  ),
});
