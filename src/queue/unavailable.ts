import { Fault } from "#model";

/** What is said of a place that does not do what it is asked: faults pass as they are. */
export function unavailable(what: string, cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = `The queue in ${what} cannot be used: ${said}. Nothing that it accepted is lost by that; ask again when ${what} is back.`;
  return new Fault("QUEUE_UNAVAILABLE", message, { cause });
}
