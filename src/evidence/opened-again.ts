/** What is looked at of a record to tell whether a log may go on behind it; whoever wrote a line may have written anything. */
interface Said {
  readonly event_type?: unknown;
  readonly status?: unknown;
}

/** Whether a record is the end of a run that may be opened again: of one that failed. Every other end is the last word. */
export function isEndOfFailure({ event_type: type, status }: Said): boolean {
  return type === "run.completed" && status === "failed";
}

/** Whether `next` may stand right behind `end`, which ended its run: it opens a run that failed again, in its own log. */
export function opensAgain(end: Said, next: Said): boolean {
  return isEndOfFailure(end) && next.event_type === "run.resumed";
}

/** What a line says, for these questions; nothing, if it is no object. */
export function saidBy(line: string): object {
  try {
    const value: unknown = JSON.parse(line);
    return value instanceof Object ? value : {};
  } catch {
    return {};
  }
}
