import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lacks } from "../support/needs.ts";

const PROGRAM = join(import.meta.dirname, "programs/tell-after-append.ts");

/** One thing that the operating system was asked for, when it had answered. */
interface SystemCall {
  readonly does: "write" | "sync" | "rename";
  readonly path: string;
}

/** What was done between two things told: `told` is the text that ended it. */
interface Chapter {
  readonly told: string;
  readonly calls: readonly SystemCall[];
}

const CALLS = "write,writev,pwrite64,pwritev,fsync,fdatasync,sync_file_range,rename,renameat,renameat2";
const NAMES = { sync: /^f(?:data)?sync$/, rename: /^rename/, write: /write/ } as const;

/** Runs the program under strace over a directory of its own. */
function story(kind: string): readonly Chapter[] {
  const base = mkdtempSync(join(tmpdir(), "verbatim-synced-"));
  const [directory, trace] = [join(base, "state"), join(base, "trace")];
  try {
    const { status, error, stderr } = spawnSync(
      "strace",
      ["-f", "-y", "-s", "256", "-e", `trace=${CALLS}`, "-o", trace, process.execPath, PROGRAM, kind, directory],
      { encoding: "utf8" },
    );
    if (error !== undefined)
      throw new Error(
        `What is durable can only be seen by strace, which says: ${error.message}. Install it: apt-get install -y strace`,
      );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return chapters(readFileSync(trace, "utf8").split("\n"), directory);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function chapters(lines: readonly string[], directory: string): readonly Chapter[] {
  const told: Chapter[] = [];
  const begun = new Map<string, string>(); // a call that another thread came between, by thread
  let calls: SystemCall[] = [];
  for (const line of lines) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.endsWith("<unfinished ...>")) {
      begun.set(thread, rest);
      continue;
    }
    const resumed = rest.startsWith("<... ");
    const text = resumed ? `${begun.get(thread) ?? ""} ${rest}` : rest;
    const message = /^write\(1<[^>]*>, "(told \w+)\\n"/.exec(text)?.[1];
    if (message !== undefined) {
      told.push({ told: message, calls });
      calls = [];
      continue;
    }
    const call = callOf(text);
    if (call?.path.startsWith(directory) === true) calls.push({ ...call, path: call.path.slice(directory.length + 1) });
  }
  return told;
}

function callOf(text: string): SystemCall | undefined {
  const name = /^\w+/.exec(text)?.[0] ?? "";
  const done = !/= -1 /.test(text);
  const path = NAMES.rename.test(name) ? /"([^"]*)"\)?[^"]*$/.exec(text)?.[1] : /^\w+\(\d+<([^>]*)>/.exec(text)?.[1];
  const does = (["sync", "rename", "write"] as const).find((kind) => NAMES[kind].test(name));
  return done && path !== undefined && does !== undefined ? { does, path } : undefined;
}

const STORES = [
  { kind: "sqlite", log: "evidence.db-wal" },
  { kind: "jsonl", log: "runs/run-1/events.jsonl" },
];

describe.skipIf(lacks("strace"))(
  "P1: what is told was synced before it was told, as the operating system saw it",
  () => {
    it.each(STORES)("P1: $kind writes its log and syncs it before each of eight records is told", ({ kind, log }) => {
      const told = story(kind).filter(({ told: message }) => message !== "told blob");
      expect(told.map(({ told: message }) => message)).toEqual(Array.from({ length: 8 }, (_, at) => `told ${at}`));
      for (const { told: message, calls } of told) {
        const onLog = calls.filter(({ path }) => path === log).map(({ does }) => does);
        expect(onLog, message).toContain("write");
        expect(onLog.at(-1), message).toBe("sync");
      }
    });

    it.each(STORES)("P1: $kind syncs a payload, then its name, before the payload is told", ({ kind }) => {
      const calls = story(kind).find(({ told }) => told === "told blob")?.calls ?? [];
      const blobs = calls.filter(({ path }) => path.startsWith("blobs"));
      const shapes = blobs.map(
        ({ does, path }) => `${does} ${path.replaceAll(/[\w-]{43}/g, "DIGEST").replace(/\.\d+/, "")}`,
      );
      const folder = /^sync (blobs\/[\w-]{2})$/;
      expect(shapes.slice(0, 3)).toEqual([
        expect.stringMatching(/^write blobs\/..\/DIGEST\.part$/),
        expect.stringMatching(/^sync blobs\/..\/DIGEST\.part$/),
        expect.stringMatching(/^rename .*blobs\/..\/DIGEST$/),
      ]);
      expect(shapes.slice(3)).toEqual([expect.stringMatching(folder), "sync blobs"]);
    });

    it("P1: jsonl makes the name of a new log durable before its first record is told", () => {
      const [first] = story("jsonl");
      const synced = first?.calls.filter(({ does }) => does === "sync").map(({ path }) => path);
      expect(synced).toEqual(expect.arrayContaining(["runs/run-1", "runs"]));
    });
  },
);
