import { createLogUpdate } from "log-update";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";
import { runFrame } from "../views/run-frame.ts";
import { ATTACHED, beginningText } from "./run-reporter.ts";
import type { RunBeginning, RunReporter } from "./run-reporter.ts";
import type { RunTracker } from "./run-tracker.ts";

/** Between two draws, milliseconds: at most ten a second. */
const DRAW_EVERY_MS = 100;
/** Longest time without a draw while something may run, milliseconds: the seconds that are shown go on. */
const DRAW_AT_LEAST_EVERY_MS = 1000;

/** Shows a run as a picture that is drawn anew; for a terminal. */
export function createLiveReporter(session: Session): RunReporter {
  return new LiveReporter(session);
}

class LiveReporter implements RunReporter {
  readonly #session: Session;
  /** The cursor stays as it is: whoever leaves in the middle has nothing to restore. */
  readonly #update: ReturnType<typeof createLogUpdate>;
  #tracker: RunTracker | undefined;
  #isDue = false;
  #drawnMs = -Infinity;
  #disarm: (() => void) | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.#update = createLogUpdate(session.host.stderr, { showCursor: true });
  }

  async begin(beginning: RunBeginning, tracker: RunTracker): Promise<void> {
    const { stderr } = this.#session;
    await stderr.line(beginningText(beginning));
    if (beginning.attached) await stderr.line(ATTACHED);
    this.#tracker = tracker;
    this.#isDue = true;
    this.#tick();
  }

  event(): Promise<void> {
    this.#isDue = true;
    return Promise.resolve();
  }

  async note(text: string): Promise<void> {
    const { stderr } = this.#session;
    if (stderr.gone.aborted) return;
    this.#update.clear();
    await stderr.line(safeText(text));
    this.#draw();
  }

  end(): Promise<void> {
    if (this.#tracker === undefined) return Promise.resolve();
    this.#draw();
    this.#disarm?.();
    this.#tracker = undefined;
    this.#update.done();
    return Promise.resolve();
  }

  #tick(): void {
    const { clock } = this.#session.host;
    const isStale = clock.monotonicMs() - this.#drawnMs >= DRAW_AT_LEAST_EVERY_MS;
    if (this.#isDue || isStale) this.#draw();
    this.#disarm = clock.after(DRAW_EVERY_MS, () => this.#tick());
  }

  #draw(): void {
    const { stderr, host } = this.#session;
    if (this.#tracker === undefined || stderr.gone.aborted || stderr.isCongested) return;
    this.#isDue = false;
    this.#drawnMs = host.clock.monotonicMs();
    const { paint, columns, rows } = stderr;
    const size = { columns: Math.max(1, columns), rows: Math.max(2, rows) };
    this.#update(runFrame(this.#tracker, { paint, ...size, now: host.clock.now() }).join("\n"));
  }
}
