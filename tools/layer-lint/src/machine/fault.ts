import type { ts } from "ts-morph";

/** The kinds of law that are proven inside of a machine layer. */
export type MachineLaw =
  | "in-order"
  | "evidence-per-call"
  | "stop-on-failure"
  | "read-only"
  | "call-once"
  | "cannot-reach";

/** Something in the machine layer that breaks a law, or keeps it from being proven. */
export interface Fault {
  readonly law: MachineLaw;
  readonly node: ts.Node;
  readonly message: string;
  /** How it comes to this: the places that a path goes through. */
  readonly way?: readonly ts.Node[];
}
