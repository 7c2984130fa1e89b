/** What a process says of itself, read from the kernel's own files, just before it becomes the command. */
export interface Facts {
  readonly uid: readonly number[];
  readonly gid: readonly number[];
  readonly groups: readonly number[];
  /** Privileges in any of its sets but the bounding one, which gives nothing to who can get none. */
  readonly hasPrivileges: boolean;
  readonly noNewPrivileges: boolean;
  /** Soft limits by the kernel's names, such as `Max open files`; undefined = unlimited. */
  readonly limits: ReadonlyMap<string, number | undefined>;
  /** Names of the network's interfaces; undefined where it did not look. */
  readonly interfaces: readonly string[] | undefined;
  /** What pid 1 is called. */
  readonly first: string | undefined;
  readonly mounts: readonly Mount[] | undefined;
}

/** One place where a file system is mounted. */
export interface Mount {
  readonly path: string;
  readonly readOnly: boolean;
}

/** The kernel's files that are read, by the name under which they are told. */
export const FACT_FILES = {
  limited: { status: "/proc/self/status", limits: "/proc/self/limits" },
  sandbox: {
    status: "/proc/self/status",
    limits: "/proc/self/limits",
    interfaces: "/proc/self/net/dev",
    first: "/proc/1/comm",
    mounts: "/proc/self/mountinfo",
  },
} as const;

/** Reads the facts from the texts of the files. */
export function readFacts(texts: ReadonlyMap<string, string>): Facts {
  const status = texts.get("status") ?? "";
  const numbers = (name: string): number[] =>
    statusLine(status, name)
      .split(/\s+/)
      .filter((word) => word !== "")
      .map(Number);
  const privileges = ["CapInh", "CapPrm", "CapEff", "CapAmb"].map((name) => statusLine(status, name));
  return {
    uid: numbers("Uid"),
    gid: numbers("Gid"),
    groups: numbers("Groups"),
    hasPrivileges: !privileges.every((set) => /^0+$/.test(set)),
    noNewPrivileges: statusLine(status, "NoNewPrivs") === "1",
    limits: new Map((texts.get("limits") ?? "").split("\n").flatMap(limitOf)),
    interfaces: texts.get("interfaces")?.split("\n").flatMap(interfaceOf),
    first: texts.get("first")?.trim(),
    mounts: texts.get("mounts")?.split("\n").flatMap(mountOf),
  };
}

function statusLine(status: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1]?.trim() ?? "";
}

/** A line such as `Max open files            1024                 4096                 files`. */
function limitOf(line: string): [string, number | undefined][] {
  const [, name, soft] = /^(Max [a-z ]+?) {2,}(\d+|unlimited)\s/.exec(line) ?? [];
  if (name === undefined || soft === undefined) return [];
  return [[name, soft === "unlimited" ? undefined : Number(soft)]];
}

function interfaceOf(line: string): string[] {
  const name = /^\s*([^\s:|]+):/.exec(line)?.[1];
  return name === undefined ? [] : [name];
}

/** A line such as `36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 - ext3 /dev/root rw`; blanks in paths are written as `\040`. */
function mountOf(line: string): Mount[] {
  const [, , , , path, options] = line.split(" ");
  if (path === undefined || options === undefined) return [];
  const plain = path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return [{ path: plain, readOnly: options.split(",").includes("ro") }];
}
