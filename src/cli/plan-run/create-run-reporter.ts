import { snakeCase } from "#evidence";
import type { Output } from "../output.ts";
import type { ProgressMode } from "../progress-modes.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";
import { eventLine } from "../views/event-line.ts";
import { ATTACHED, beginningText } from "./run-reporter.ts";
import type { RunReporter } from "./run-reporter.ts";
import { timeOf } from "./run-tracker.ts";
import type { RunEvent } from "./run-tracker.ts";

/** Makes what shows a run. */
export async function createRunReporter(mode: ProgressMode, session: Session): Promise<RunReporter> {
  const { stderr } = session;
  if (mode === "none") return SILENT;
  if (mode === "jsonl") return jsonReporter(stderr);
  if (mode === "plain" || !stderr.isTerminal) return plainReporter(stderr);
  const { createLiveReporter } = await import("./live-reporter.ts");
  return createLiveReporter(session);
}

const SILENT: RunReporter = {
  begin: () => Promise.resolve(),
  event: () => Promise.resolve(),
  note: () => Promise.resolve(),
  end: () => Promise.resolve(),
};

function plainReporter(output: Output): RunReporter {
  const note = (text: string): Promise<void> => output.line(safeText(text));
  return {
    async begin(beginning) {
      await output.line(beginningText(beginning));
      if (beginning.attached) await note(ATTACHED);
    },
    async event(event, tracker) {
      const { paint, columns } = output;
      const line = eventLine(event, { tracker, paint, columns });
      if (line !== undefined) await output.line(line);
    },
    note,
    end: () => Promise.resolve(),
  };
}

function jsonReporter(output: Output): RunReporter {
  const tell = (event: string, facts: object): Promise<void> =>
    output.json(`${JSON.stringify({ event, ...snakeCase(facts) })}\n`);
  return {
    begin: (beginning) => tell("begin", beginning),
    event: (event) => tell(event.eventType, eventFacts(event)),
    note: (text) => tell("note", { text }),
    end: () => Promise.resolve(),
  };
}

/** What an event tells; what it leaves empty is left out. */
function eventFacts(event: RunEvent): object {
  const { $typeName: _type, $unknown: _unknown, eventType: _told, timestamp: _time, seq, ...facts } = event;
  const told = Object.entries(facts).filter(([, value]) => value !== undefined && value !== "");
  return { seq: Number(seq), timestamp: timeOf(event), ...Object.fromEntries(told) };
}
