import type { DatabaseSync } from "node:sqlite";
import { Fault } from "#model";
import type { Clock, Json, Platform, PlatformCapability, PlatformChange, PlatformValue, Violation } from "#model";
import { openPlatformFile } from "./platform-file.ts";
import { keyProblem, PLATFORM_BOUNDS, valueProblem } from "./platform-rules.ts";
import type { DeclaredCapability } from "./platform-rules.ts";
import { PlatformRefusal } from "./platform-write.ts";
import type { PlatformWrite, RevertStep, SetStep } from "./platform-write.ts";
import { jsonOf, PlatformWriter } from "./platform-writer.ts";

/** What a platform is opened with. */
export interface PlatformOptions {
  /** The file; its directory is there. */
  readonly path: string;
  readonly clock: Clock;
  /** All that there are; each name once. */
  readonly capabilities: readonly DeclaredCapability[];
}

/** The platform with the ways to change it. Every write is durable, and stands in the journal, when it returns. */
export interface PlatformStore extends Platform, Disposable {
  /**
   * Sets a resource in somebody's name (`person:<name>`, 1..256 characters).
   * @throws {Fault} INVALID_REQUEST with every problem; LIMIT_EXCEEDED if there are too many keys.
   */
  set(key: string, value: Json, by: string): PlatformWrite;
  /** Why no step may write to a key; undefined = it may. */
  keyProblem(key: string): string | undefined;
  /** Sets a resource, once for each step. @throws {PlatformRefusal} if it cannot; nothing was written. */
  perform(step: SetStep): PlatformWrite;
  /**
   * Puts back what stood at a key before a step changed it, once for each step; no change if that step changed nothing.
   * @throws {PlatformRefusal} if the key was changed by anybody since; nothing was written.
   */
  revert(step: RevertStep): PlatformWrite;
  /** Safe to call twice. */
  close(): void;
}

/**
 * Opens the capability registry and the configuration of the platform.
 * @throws {Fault} INVALID_CONFIGURATION if the file is not one of this version. @throws SQLite's error.
 */
export function openPlatformStore({ path, clock, capabilities }: PlatformOptions): PlatformStore {
  const database = openPlatformFile(path);
  const writer = new PlatformWriter(database, clock);
  const declared = new Map(capabilities.map((capability) => [capability.name, capability]));
  const refuseKey = (key: string, maySayFrozen = false): void => {
    const problem = keyProblem(key, declared, { maySayFrozen });
    if (problem !== undefined) throw new PlatformRefusal(problem);
  };
  const close = (): void => {
    if (database.isOpen) database.close();
  };
  return {
    ...readers(database, capabilities),
    get head() {
      const row = database.prepare("SELECT ifnull(max(seq), 0) AS head FROM change").get();
      return Number(row?.["head"]);
    },
    keyProblem: (key) => keyProblem(key, declared),
    set(key, value, by) {
      refuseForm([
        ...violation("key", keyProblem(key, declared)),
        ...violation("value", valueProblem(key, value)),
        ...violation("by", nameProblem(by)),
      ]);
      try {
        return writer.set(key, value, by);
      } catch (error) {
        throw error instanceof PlatformRefusal ? new Fault("LIMIT_EXCEEDED", `${error.message}.`) : error;
      }
    },
    perform(step) {
      refuseKey(step.key);
      const bad = valueProblem(step.key, step.value);
      if (bad !== undefined) throw new PlatformRefusal(bad);
      return writer.perform(step);
    },
    revert(step) {
      refuseKey(step.key, true);
      return writer.revert(step);
    },
    close,
    [Symbol.dispose]: close,
  };
}

function readers(
  database: DatabaseSync,
  capabilities: readonly DeclaredCapability[],
): Pick<Platform, "capabilities" | "configuration" | "value" | "changes"> {
  const below = database.prepare(
    "SELECT key, value FROM resource WHERE key >= ? AND key < ? AND value IS NOT NULL ORDER BY key LIMIT ?",
  );
  const configuration = database.prepare(
    `SELECT r.key, r.value, c.version, c.by, c.at FROM resource r
      JOIN change c ON c.seq = (SELECT max(seq) FROM change WHERE key = r.key)
      WHERE r.key >= 'configuration/' AND r.key < 'configuration0' AND r.value IS NOT NULL ORDER BY r.key LIMIT ?`,
  );
  const standing = database.prepare("SELECT value FROM resource WHERE key = ?");
  const changes = database.prepare("SELECT * FROM change WHERE seq > ? ORDER BY seq LIMIT ?");
  const look = (key: string): Json | undefined => {
    const row = standing.get(key) as { readonly value: string | null } | undefined; // the one column that is asked for
    return row === undefined || row.value === null ? undefined : jsonOf(row.value);
  };
  return {
    capabilities: () =>
      capabilities.map(({ name, frozen = false }): PlatformCapability => {
        const start = `capability/${name}/parameters/`;
        const most = PLATFORM_BOUNDS.parametersPerCapability;
        const rows = below.all(start, `${start}\u{10FFFF}`, most) as unknown as readonly Standing[]; // STRICT, NOT NULL
        const parameters = Object.fromEntries(rows.map(({ key, value }) => [key.slice(start.length), jsonOf(value)]));
        return { name, state: look(`capability/${name}`) === "enabled" ? "enabled" : "disabled", frozen, parameters };
      }),
    configuration() {
      const rows = configuration.all(PLATFORM_BOUNDS.configurationKeys) as unknown as readonly ConfigurationRow[]; // as above
      return rows.map(({ key, value, version, by, at }): PlatformValue => ({
        key: key.slice("configuration/".length),
        value: jsonOf(value),
        version,
        changedAt: at,
        changedBy: by,
      }));
    },
    value: look,
    changes({ afterSeq, limit }) {
      const most = Math.max(1, Math.min(limit, PLATFORM_BOUNDS.changesPerPage));
      const rows = changes.all(afterSeq, most) as unknown as readonly ChangeRow[]; // as above
      return rows.map(changeOf);
    },
  };
}

interface Standing {
  readonly key: string;
  readonly value: string;
}

interface ConfigurationRow extends Standing {
  readonly version: number;
  readonly by: string | null;
  readonly at: string;
}

interface ChangeRow {
  readonly seq: number;
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly by: string | null;
  readonly at: string;
}

function changeOf({ seq, key, before, after, by, at }: ChangeRow): PlatformChange {
  const change = before === null ? "insert" : after === null ? "delete" : "update";
  return { seq, key, change, before: jsonOf(before), after: jsonOf(after), by, at };
}

function nameProblem(by: string): string | undefined {
  const most = PLATFORM_BOUNDS.nameOfChangerCharacters;
  return by.length >= 1 && by.length <= most ? undefined : `has ${by.length} characters; expected 1 to ${most}`;
}

function violation(field: string, description: string | undefined): readonly Violation[] {
  return description === undefined ? [] : [{ field, description }];
}

function refuseForm(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw new Fault("INVALID_REQUEST", `The platform cannot be changed so: ${list}.`, { violations });
}
