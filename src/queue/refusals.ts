import { Fault } from "#model";

/** The answer to every call after `close` began. */
export function closing(): Fault {
  return new Fault("DRAINING", "The queue is closing and takes no more calls; ask again after the restart.");
}

/** The answer to entries for which there is no room. */
export function full({ capacity, queued, asked }: Record<"capacity" | "queued" | "asked", number>): Fault {
  return new Fault(
    "LIMIT_EXCEEDED",
    `The queue holds ${queued} entries and takes up to ${capacity}: there is no room for ${asked} more, and none of them was accepted. Ask again when some are done.`,
  );
}
