import type { JsonObject } from "#model";
import type { Facts } from "./facts.ts";
import type { IsolationOptions, ProcessLimits, RunAs } from "./isolation-options.ts";
import type { IsolationLevel } from "./levels.ts";

/** What a level was asked to give. */
export interface ExpectedIsolation {
  readonly options: IsolationOptions;
  /** The one place of the host in which a sandbox may write. */
  readonly directory: string;
  /** This process's own user, which commands keep where no other is configured. */
  readonly self: RunAs;
}

/** The level that the facts show. */
export interface SeenIsolation {
  readonly level: IsolationLevel;
  /** What keeps it from being a stronger one; empty for the strongest. */
  readonly lacks: readonly string[];
  /** `{level, uid, gid, limits, network?}`, all of it as the kernel says it; for the evidence. */
  readonly record: JsonObject;
}

/** The kernel's names of the limits. */
const LIMIT_NAMES: Readonly<Record<keyof ProcessLimits, readonly [kernel: string, record: string]>> = {
  cpuSeconds: ["Max cpu time", "cpu_seconds"],
  addressSpaceBytes: ["Max address space", "address_space_bytes"],
  fileBytes: ["Max file size", "file_bytes"],
  openFiles: ["Max open files", "open_files"],
  processes: ["Max processes", "processes"],
};
const LIMIT_KEYS = Object.keys(LIMIT_NAMES) as (keyof ProcessLimits)[]; // as: the keys of this constant are its names

/** Says at which level a process is, from what the kernel says of it and not from what was asked for. */
export function seenIsolation(facts: Facts, expected: ExpectedIsolation): SeenIsolation {
  const unlimited = limitedLacks(facts, expected);
  const open = unlimited.length > 0 ? unlimited : sandboxLacks(facts, expected);
  const level = unlimited.length > 0 ? "group" : open.length > 0 ? "limited" : "sandbox";
  return { level, lacks: open, record: recordOf(level, facts) };
}

function recordOf(level: IsolationLevel, facts: Facts): JsonObject {
  if (level === "group") return { level };
  const limits = LIMIT_KEYS.map((key): [string, number | null] => {
    const [kernel, record] = LIMIT_NAMES[key];
    return [record, facts.limits.get(kernel) ?? null];
  });
  return {
    level,
    uid: facts.uid[0] ?? null,
    gid: facts.gid[0] ?? null,
    limits: Object.fromEntries(limits),
    ...(level === "sandbox" && { network: !hasOnlyLoopback(facts) }),
  };
}

function limitedLacks(facts: Facts, { options, self }: ExpectedIsolation): string[] {
  const { uid, gid } = options.runAs ?? self;
  const lacks: string[] = [];
  if (!isAll(facts.uid, uid)) lacks.push(`its user is ${facts.uid.join("/")}, expected ${uid}`);
  if (!isAll(facts.gid, gid)) lacks.push(`its group is ${facts.gid.join("/")}, expected ${gid}`);
  if (options.runAs !== undefined && uid !== self.uid && facts.groups.length > 0)
    lacks.push(`it is in the groups ${facts.groups.join(", ")}, expected none`);
  if (facts.hasPrivileges) lacks.push("it has privileges (capabilities), expected none");
  if (!facts.noNewPrivileges) lacks.push("it could gain privileges, expected that it cannot");
  for (const key of LIMIT_KEYS) {
    const [kernel] = LIMIT_NAMES[key];
    const seen = facts.limits.get(kernel);
    if (seen !== options.limits[key])
      lacks.push(`its limit "${kernel}" is ${seen ?? "none"}, expected ${options.limits[key]}`);
  }
  return lacks;
}

/** The kernel gives user, effective, saved and file system's. */
function isAll(ids: readonly number[], id: number): boolean {
  return ids.length === 4 && ids.every((one) => one === id);
}

function hasOnlyLoopback({ interfaces }: Facts): boolean {
  return interfaces !== undefined && interfaces.every((name) => name === "lo");
}

function sandboxLacks(facts: Facts, { options, directory }: ExpectedIsolation): string[] {
  const lacks: string[] = [];
  if (directory === "/") lacks.push("its working directory is the whole machine, expected one below it");
  if (facts.first !== "bwrap") lacks.push("it sees the processes of the machine, expected its own alone");
  if (!options.sandbox.network && !hasOnlyLoopback(facts)) {
    const list = facts.interfaces?.join(", ") ?? "that nobody has looked at";
    lacks.push(`it has the network interfaces ${list}, expected only its own loopback`);
  }
  const mounts = facts.mounts ?? [];
  if (!mounts.some(({ path }) => path === "/")) lacks.push("its mounts are not known");
  const writable = mounts.filter(({ path, readOnly }) => !readOnly && !isOwn(path, directory));
  for (const { path } of writable) lacks.push(`it can write in ${path}, expected only in ${directory}`);
  return lacks;
}

/** Its directory, and what is made for this one command: memory, its own list of processes, and devices that keep nothing. */
function isOwn(path: string, directory: string): boolean {
  if (path === "/") return false;
  return path === "/tmp" || [directory, "/proc", "/dev"].some((own) => path === own || path.startsWith(`${own}/`));
}
