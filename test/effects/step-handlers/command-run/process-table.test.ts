import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createProcessTable } from "../../../../src/effects/step-handlers/command-run/process-table.ts";
import { createProcessTree } from "../../../../src/effects/step-handlers/command-run/process-tree.ts";
import { realClock } from "../../support/clock.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "verbatim-proc-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(pid: number | "self", line: string, environ = ""): void {
  mkdirSync(join(root, String(pid)));
  writeFileSync(join(root, String(pid), "stat"), line);
  writeFileSync(join(root, String(pid), "environ"), environ);
}

interface StatFields {
  readonly name?: string;
  readonly state?: string;
  readonly parent?: number;
  readonly group?: number;
  readonly session?: number;
  readonly flags?: number;
  readonly threads?: number;
  readonly start?: number;
}

/** A line of `stat` with its 52 fields; only those that are looked at have a meaning. */
function stat(pid: number, fields: StatFields): string {
  const { name = "x", state = "S", parent = 1, group = pid, session = pid } = fields;
  const { flags = 0, threads = 1, start = 1000 } = fields;
  const head = `${pid} (${name}) ${state} ${parent} ${group} ${session} 0 -1 ${flags}`;
  return `${head} ${"0 ".repeat(10)}${threads} 0 ${start} ${"0 ".repeat(29)}0\n`;
}

describe("the process table", () => {
  it("shows this very process with its parent", () => {
    const table = createProcessTable();
    expect(table.readable).toBe(true);
    expect(table.entry(process.pid)).toMatchObject({ pid: process.pid, parent: process.ppid, living: true });
    expect(table.living().map((entry) => entry.pid)).toContain(process.pid);
  });

  it("reads a name that itself looks like the end of a name", () => {
    put(7, stat(7, { name: "a) Z 9 9 (9 9)", parent: 3, group: 4, session: 5, start: 12345 }));
    const entry = {
      pid: 7,
      living: true,
      parent: 3,
      group: 4,
      session: 5,
      startTicks: 12345,
      cpuTicks: 0,
      waitedTicks: 0,
    };
    expect(createProcessTable(root).entry(7)).toEqual(entry);
  });

  it("leaves out zombies, files that are no process, and processes that vanish", () => {
    put(5, stat(5, {}));
    put(6, stat(6, { state: "Z" }));
    put(7, "");
    mkdirSync(join(root, "sys"));
    mkdirSync(join(root, "8"));
    const table = createProcessTable(root);
    expect(table.living().map((entry) => entry.pid)).toEqual([5]);
    expect(table.entry(6)).toMatchObject({ living: false });
    expect(table.entry(99)).toBeUndefined();
  });

  it("takes for dead what the kernel takes apart, and for living what goes on without its first thread", () => {
    put(5, stat(5, { state: "R", flags: 0x40_0004 }));
    put(6, stat(6, { state: "R", flags: 0x40_0040 }));
    put(7, stat(7, { state: "Z", flags: 0x4, threads: 3 }));
    put(8, stat(8, { state: "X" }));
    const table = createProcessTable(root);
    expect(table.living().map((entry) => entry.pid)).toEqual([6, 7]);
  });

  it("looks only at the pids it is asked for", () => {
    for (const pid of [5, 6, 7, 8]) put(pid, stat(pid, {}));
    expect(
      createProcessTable(root)
        .living({ from: 6, to: 7 })
        .map((entry) => entry.pid),
    ).toEqual([6, 7]);
    expect(
      createProcessTable(root)
        .living({ from: 6, to: 6 })
        .map((entry) => entry.pid),
    ).toEqual([6]);
    expect(createProcessTable(root).living({ from: 9, to: 9 })).toEqual([]);
  });

  it("is not readable where there is none, or where pids mean other processes", () => {
    expect(createProcessTable(join(root, "nothing")).readable).toBe(false);
    put("self", stat(process.pid + 1, {}));
    expect(createProcessTable(root).readable).toBe(false);
  });

  it("does not say the last pid where the kernel does not", () => {
    expect(createProcessTable(root).lastPid()).toBeUndefined();
    mkdirSync(join(root, "sys", "kernel"), { recursive: true });
    writeFileSync(join(root, "sys", "kernel", "ns_last_pid"), "4711\n");
    expect(createProcessTable(root).lastPid()).toBe(4711);
  });
});

describe("the process tree", () => {
  const marker = "VERBATIM_STEP=j/0/unique";
  const pids = (): number[] => {
    const table = { ...createProcessTable(root), readable: true };
    return createProcessTree({ pid: 100, marker }, { table, clock: realClock })
      .scan()
      .map((member) => member.pid)
      .sort((left, right) => left - right);
  };

  it("holds group, session, descendants and marked ones with theirs, and nobody else", () => {
    put(100, stat(100, { start: 500 }));
    put(101, stat(101, { parent: 100, start: 501 }));
    put(102, stat(102, { parent: 101, start: 502 }));
    put(103, stat(103, { group: 100, start: 503 }));
    put(104, stat(104, { session: 100, start: 504 }));
    put(105, stat(105, { start: 505 }), `A=1\0${marker}\0`);
    put(106, stat(106, { parent: 105, start: 506 }));
    put(107, stat(107, { start: 507 }), "VERBATIM_STEP=j/0/other\0");
    put(108, stat(108, { parent: 107, start: 508 }));
    expect(pids()).toEqual([100, 101, 102, 103, 104, 105, 106]);
  });

  it("holds nobody that is older than the root, whatever it seems to be", () => {
    put(100, stat(100, { start: 500 }));
    put(101, stat(101, { group: 100, session: 100, start: 499 }), marker);
    expect(pids()).toEqual([100]);
  });

  it("does not take a stranger for the root when the root's pid was given away again", () => {
    put(100, stat(100, { start: 500 }));
    const table = { ...createProcessTable(root), readable: true };
    const tree = createProcessTree({ pid: 100, marker }, { table, clock: realClock });
    rmSync(join(root, "100"), { recursive: true });
    put(100, stat(100, { start: 900 }));
    put(101, stat(101, { group: 100, start: 901 }));
    expect(tree.scan()).toEqual([]);
  });

  it("finds a member again after it lost everything that led to it", () => {
    put(100, stat(100, { start: 500 }));
    put(101, stat(101, { parent: 100, start: 501 }));
    const table = { ...createProcessTable(root), readable: true };
    const tree = createProcessTree({ pid: 100, marker }, { table, clock: realClock });
    expect(tree.scan()).toHaveLength(2);
    rmSync(join(root, "100"), { recursive: true });
    rmSync(join(root, "101"), { recursive: true });
    put(101, stat(101, { parent: 1, start: 501 }));
    expect(tree.scan().map((member) => member.pid)).toEqual([101]);
  });

  it("looks at old pids too when the kernel's pids have wrapped", () => {
    mkdirSync(join(root, "sys", "kernel"), { recursive: true });
    put(100, stat(100, { start: 500 }));
    put(50, stat(50, { parent: 100, start: 501 }));
    writeFileSync(join(root, "sys", "kernel", "ns_last_pid"), "50");
    expect(pids()).toEqual([50, 100]);
  });

  it("is the group alone where there is no process table", async () => {
    const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    const pid = child.pid ?? 0;
    const table = createProcessTable(join(root, "nothing"));
    const tree = createProcessTree({ pid, marker }, { table, clock: realClock });
    expect(tree.scan()).toEqual([{ pid: -pid, key: String(-pid) }]);
    tree.signal(tree.scan(), "SIGKILL");
    await once(child, "exit");
    expect(tree.scan()).toEqual([]);
  });
});
