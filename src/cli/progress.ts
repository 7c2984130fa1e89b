import { snakeCase } from "#evidence";
import type { Told } from "./job-follower.ts";
import type { Output } from "./output.ts";
import type { ProgressMode } from "./progress-modes.ts";
import { safeText } from "./text/safe-text.ts";
import { counted } from "./text/words.ts";
import { indexColumns, stepLine } from "./views/step-line.ts";

/** What is about to be shown. */
export interface Beginning {
  readonly jobId: string;
  /** Where it runs. */
  readonly where: string;
  /** Whether it had been accepted before. */
  readonly attached: boolean;
  /** Declared steps. */
  readonly steps: number;
}

/** Shows a job while it runs. */
export interface Progress {
  begin(beginning: Beginning): Promise<void>;
  step(told: Told): Promise<void>;
  /** A word about the command itself. */
  note(text: string): Promise<void>;
  end(): Promise<void>;
}

/** Goes to the start of the line and empties it. */
const CLEAR_LINE = "\r\u001B[2K";

/** Makes the progress of one job on `output`. */
export function createProgress(mode: ProgressMode, output: Output): Progress {
  if (mode === "none") return new LineProgress(output, { silent: true, live: false });
  if (mode === "jsonl") return jsonProgress(output);
  return new LineProgress(output, { silent: false, live: output.isTerminal && mode !== "plain" });
}

class LineProgress implements Progress {
  readonly #output: Output;
  readonly #silent: boolean;
  readonly #live: boolean;
  #indexColumns = 1;
  /** Whether the line of the running step stands there, without its end. */
  #open = false;

  constructor(output: Output, { silent, live }: { readonly silent: boolean; readonly live: boolean }) {
    this.#output = output;
    this.#silent = silent;
    this.#live = live;
  }

  async begin({ jobId, where, attached, steps }: Beginning): Promise<void> {
    this.#indexColumns = indexColumns(steps);
    await this.note(`Run ${jobId}: ${counted(steps, "step")}, ${where}`);
    if (attached) await this.note("This job was accepted before: attached to it, nothing is performed again.");
  }

  async step(told: Told): Promise<void> {
    if (this.#silent || told.kind === "end" || (told.kind === "started" && !this.#live)) return;
    const { paint, columns } = this.#output;
    const line = stepLine(told.step, { paint, columns, indexColumns: this.#indexColumns });
    const before = this.#open ? CLEAR_LINE : "";
    this.#open = told.kind === "started";
    await this.#output.write(`${before}${line}${this.#open ? "" : "\n"}`);
  }

  async note(text: string): Promise<void> {
    if (this.#silent) return;
    await this.end();
    await this.#output.line(safeText(text));
  }

  async end(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#output.write("\n");
  }
}

function jsonProgress(output: Output): Progress {
  const tell = (event: string, facts: object): Promise<void> =>
    output.json(`${JSON.stringify({ event, ...snakeCase(facts) })}\n`);
  return {
    begin: (beginning) => tell("begin", beginning),
    note: (text) => tell("note", { text }),
    end: () => Promise.resolve(),
    step(told) {
      const { kind, seq, hash } = told;
      if (kind === "end") {
        const { finalStatus, finalReason } = told.result;
        return tell("end", { seq, hash, finalStatus, finalReason });
      }
      const { word: status, ...step } = told.step;
      return tell(`step.${kind}`, { seq, hash, status, ...step });
    },
  };
}
