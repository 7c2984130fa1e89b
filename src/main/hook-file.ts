import { readFileSync } from "node:fs";
import { readHooks } from "#api";
import type { LoadedHooks } from "#api";
import type { HookSet, Violation } from "#model";
import { Fault } from "#model";
import type { WorkStore } from "#queue";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

/** What a file of hooks is loaded with. */
export interface HookFileOptions {
  /** Absolute path. */
  readonly path: string;
  /** Names of the step types that this server performs. */
  readonly stepTypes: readonly string[];
  /** Where the text of each file that ever held is kept: work is done by the file that it was accepted with. */
  readonly store: WorkStore;
  readonly log: EventLog;
}

/** The file of hooks: the one that holds, and those that held when work was accepted. */
export class HookFile {
  readonly #options: HookFileOptions;
  readonly #sets = new Map<string, HookSet>();
  #loaded: LoadedHooks;
  /** What was looked at last, whether it holds or not. */
  #seen: string;
  #disarm: (() => void) | undefined;

  private constructor(options: HookFileOptions, first: { readonly text: string; readonly set: HookSet }) {
    this.#options = options;
    this.#seen = first.text;
    this.#loaded = this.#hold(first.set, first.text);
  }

  /** @throws {Fault} INVALID_CONFIGURATION that lists every problem of the file with its line. */
  static async load(options: HookFileOptions): Promise<HookFile> {
    const text = textOf(options.path);
    const read = await readHooks(text, { name: options.path, stepTypes: options.stepTypes });
    if ("value" in read) return new HookFile(options, { text, set: read.value });
    throw new Fault("INVALID_CONFIGURATION", `The file of hooks is not valid:${listed(read.violations)}`, {
      violations: read.violations,
    });
  }

  /** The file that holds at present. */
  readonly loaded = (): LoadedHooks => this.#loaded;

  /** A file that held once, by its hash; undefined = it never held here. */
  readonly setOf = async (hash: string): Promise<HookSet | undefined> => {
    const known = this.#sets.get(hash);
    if (known !== undefined) return known;
    const text = this.#options.store.document(hash);
    if (text === undefined) return undefined;
    // What the server performs may have changed since: that is met when the step is admitted.
    const read = await readHooks(text, { name: this.#options.path });
    if (!("value" in read)) return undefined;
    this.#sets.set(hash, read.value);
    return read.value;
  };

  /** Looks at the file every so often from now on. A file that does not hold leaves the one before in force, and says so. */
  watch(seconds: number): void {
    if (seconds === 0) return;
    this.#disarm = systemClock.after(seconds * 1000, () => {
      void this.#look().finally(() => this.#disarm !== undefined && this.watch(seconds));
    });
  }

  /** Looks no more. Safe to call twice. */
  close(): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }

  async #look(): Promise<void> {
    const { path, stepTypes, log } = this.#options;
    try {
      const text = textOf(path);
      if (text === this.#seen) return;
      this.#seen = text;
      const read = await readHooks(text, { name: path, stepTypes });
      if (!("value" in read)) return this.#refuse(listed(read.violations));
      this.#loaded = this.#hold(read.value, text);
      log("hooks.reloaded", { hash: read.value.hash, hooks: read.value.hooks.length });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#loaded.problem !== why) this.#refuse(why);
      this.#seen = "";
    }
  }

  #refuse(problem: string): void {
    this.#loaded = { ...this.#loaded, problem };
    this.#options.log("hooks.refused", { in_force: this.#loaded.set.hash, problem });
  }

  #hold(set: HookSet, text: string): LoadedHooks {
    this.#options.store.keepDocument(set.hash, text);
    this.#sets.set(set.hash, set);
    return { set, loadedAt: systemClock.now(), problem: undefined };
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Fault("INVALID_CONFIGURATION", `The file of hooks cannot be read: ${why}`, { cause: error });
  }
}

function listed(violations: readonly Violation[]): string {
  return violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
}
