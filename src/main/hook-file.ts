import { readFileSync } from "node:fs";
import { readHooks } from "#api";
import type { LoadedHooks } from "#api";
import type { Violation } from "#model";
import { Fault } from "#model";
import { compileHooks } from "#orchestration";
import type { CompiledHooks } from "#orchestration";
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
  readonly #known = new Map<string, CompiledHooks>();
  #inForce: CompiledHooks;
  #loaded: LoadedHooks;
  /** What was looked at last, whether it holds or not. */
  #seen: string;
  #disarm: (() => void) | undefined;

  private constructor(options: HookFileOptions, first: { readonly text: string; readonly hooks: CompiledHooks }) {
    this.#options = options;
    this.#seen = first.text;
    this.#inForce = first.hooks;
    this.#loaded = this.#hold(first.hooks, first.text);
  }

  /** @throws {Fault} INVALID_CONFIGURATION that lists every problem of the file with its line. */
  static async load(options: HookFileOptions): Promise<HookFile> {
    const text = textOf(options.path);
    const read = await readHooks(text, { name: options.path, stepTypes: options.stepTypes });
    if ("value" in read) return new HookFile(options, { text, hooks: await compileHooks(read.value) });
    throw new Fault("INVALID_CONFIGURATION", `The file of hooks is not valid:${listed(read.violations)}`, {
      violations: read.violations,
    });
  }

  /** The file that holds at present. */
  readonly loaded = (): LoadedHooks => this.#loaded;

  /** The hooks that hold at present. */
  readonly inForce = (): CompiledHooks => this.#inForce;

  /** Hooks that held once, by its hash; undefined = it never held here. */
  readonly hooksOf = async (hash: string): Promise<CompiledHooks | undefined> => {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const text = this.#options.store.document(hash);
    if (text === undefined) return undefined;
    // What the server performs may have changed since: that is met when the step is admitted.
    const read = await readHooks(text, { name: this.#options.path });
    if (!("value" in read)) return undefined;
    const hooks = await compileHooks(read.value);
    this.#known.set(hash, hooks);
    return hooks;
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
      this.#loaded = this.#hold(await compileHooks(read.value), text);
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

  #hold(hooks: CompiledHooks, text: string): LoadedHooks {
    const { set } = hooks;
    this.#options.store.keepDocument(set.hash, text);
    this.#known.set(set.hash, hooks);
    this.#inForce = hooks;
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
