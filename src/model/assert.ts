/** Thrown when Verbatim itself is wrong. Nothing catches it to go on: the run stops, fail-closed. */
export class AssertionFailure extends Error {
  override readonly name = "AssertionFailure";
}

/** States what must hold. @throws {AssertionFailure} if it does not. */
export function assert(condition: boolean, law: string): asserts condition {
  if (!condition) throw new AssertionFailure(law);
}
