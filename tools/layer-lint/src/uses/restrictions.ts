/** What of one global is restricted: all of it, or some of its members. */
export interface Restriction {
  readonly whole: boolean;
  readonly members: ReadonlySet<string>;
}

/** By the name of the global. */
export type Restrictions = ReadonlyMap<string, Restriction>;

/** Stands for the object that holds all globals. */
export const ALL_GLOBALS = "globalThis";

/** The names by which programs call that object. */
export const GLOBAL_OBJECTS: ReadonlySet<string> = new Set([ALL_GLOBALS, "global", "window", "self"]);

/** A name as configurations write it: a global, or one of its members. */
export const RESTRICTED_NAME = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)?$/;

/** Reads `Date.now`, `setTimeout` and the like. */
export function restrictionsOf(names: readonly string[]): Restrictions {
  const parts = names.map((text) => text.split("."));
  const globals = new Set(parts.map(([name = ""]) => name));
  return new Map(
    [...globals].map((global) => {
      const own = parts.filter(([name]) => name === global);
      const members = own.flatMap(([, member]) => (member === undefined ? [] : [member]));
      return [global, { whole: own.some((each) => each.length === 1), members: new Set(members) }];
    }),
  );
}

/** Modules of Node whose object is a global. */
const MODULES_THAT_ARE_GLOBALS = new Set(["process", "crypto", "console"]);

/** Modules of Node that export globals under their own names. */
const MODULES_WITH_GLOBALS = new Map(
  Object.entries({
    timers: "setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate promises",
    "timers/promises": "setTimeout setInterval setImmediate scheduler",
    perf_hooks: "performance PerformanceObserver PerformanceEntry PerformanceMark PerformanceMeasure",
    buffer: "Buffer Blob File atob btoa",
    url: "URL URLSearchParams URLPattern",
    util: "TextEncoder TextDecoder",
    worker_threads: "BroadcastChannel MessageChannel MessagePort",
    "stream/web": "ReadableStream WritableStream TransformStream CompressionStream DecompressionStream",
  }).map(([module, names]) => [module, names.split(" ")]),
);

/** The global that a module of Node is, or {@link ALL_GLOBALS} if some of its exports are; undefined if it brings none of the restricted ones. */
export function globalOfModule(module: string, restrictions: Restrictions): string | undefined {
  if (MODULES_THAT_ARE_GLOBALS.has(module)) return restrictions.has(module) ? module : undefined;
  const brings = MODULES_WITH_GLOBALS.get(module) ?? [];
  const timers = brings.includes("promises") ? (MODULES_WITH_GLOBALS.get("timers/promises") ?? []) : [];
  return [...brings, ...timers].some((name) => restrictions.has(name)) ? ALL_GLOBALS : undefined;
}
