import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { getegid, geteuid } from "node:process";
import { describe, expect, it } from "vitest";
import { enter } from "../../../../../src/effects/step-handlers/command-run/isolation/entrance.ts";
import { FACT_FILES, readFacts } from "../../../../../src/effects/step-handlers/command-run/isolation/facts.ts";
import type { Facts } from "../../../../../src/effects/step-handlers/command-run/isolation/facts.ts";
import { DEFAULT_ISOLATION } from "../../../../../src/effects/step-handlers/command-run/isolation/isolation-options.ts";
import { seenIsolation } from "../../../../../src/effects/step-handlers/command-run/isolation/seen-isolation.ts";
import type { IsolationLevel } from "#effects";
import { scratchDirectory } from "../../../../support/scratch-directory.ts";

const SELF = { uid: geteuid?.() ?? 0, gid: getegid?.() ?? 0 };
const RUN_AS = { uid: 64_401, gid: 64_402 };
const { limits } = DEFAULT_ISOLATION;

const SANDBOXED: Facts = {
  uid: [64_401, 64_401, 64_401, 64_401],
  gid: [64_402, 64_402, 64_402, 64_402],
  groups: [],
  hasPrivileges: false,
  noNewPrivileges: true,
  limits: new Map([
    ["Max cpu time", limits.cpuSeconds],
    ["Max address space", limits.addressSpaceBytes],
    ["Max file size", limits.fileBytes],
    ["Max open files", limits.openFiles],
    ["Max processes", limits.processes],
  ]),
  interfaces: ["lo"],
  first: "bwrap",
  mounts: [
    { path: "/", readOnly: true },
    { path: "/tmp", readOnly: false },
    { path: "/work", readOnly: false },
    { path: "/dev/null", readOnly: false },
    { path: "/proc", readOnly: false },
  ],
};

const expected = { options: { ...DEFAULT_ISOLATION, runAs: RUN_AS }, directory: "/work", self: { uid: 0, gid: 0 } };
const levelOf = (facts: Partial<Facts>): IsolationLevel => seenIsolation({ ...SANDBOXED, ...facts }, expected).level;

describe("the level that is seen", () => {
  it("is a sandbox if all that the kernel shows is one", () => {
    expect(seenIsolation(SANDBOXED, expected)).toMatchObject({
      level: "sandbox",
      lacks: [],
      record: { network: false },
    });
  });

  it.each([
    ["the user is another", { uid: [0, 0, 0, 0] }],
    ["only the effective user is the right one", { uid: [0, 64_401, 0, 64_401] }],
    ["nobody has looked at the user", { uid: [] }],
    ["the group is root's", { gid: [0, 0, 0, 0] }],
    ["it is in further groups", { groups: [0] }],
    ["it has capabilities", { hasPrivileges: true }],
    ["it could gain privileges", { noNewPrivileges: false }],
    ["a limit is not there", { limits: new Map([...SANDBOXED.limits, ["Max processes", undefined] as const]) }],
    ["a limit is higher", { limits: new Map([...SANDBOXED.limits, ["Max open files", 1e6] as const]) }],
    ["no limit is known", { limits: new Map() }],
  ])("is a group if %s", (_, facts: Partial<Facts>) => {
    expect(levelOf(facts)).toBe("group");
  });

  it.each([
    ["the processes of the machine are seen", { first: "systemd" }],
    ["nobody has looked at the processes", { first: undefined }],
    ["there is another network interface", { interfaces: ["lo", "eth0"] }],
    ["nobody has looked at the network", { interfaces: undefined }],
    ["the system can be written", { mounts: [{ path: "/", readOnly: false }] }],
    [
      "a path beside the working directory can be written",
      { mounts: [...(SANDBOXED.mounts ?? []), { path: "/worked", readOnly: false }] },
    ],
    ["nobody has looked at the mounts", { mounts: undefined }],
  ])("is limited, and not a sandbox, if %s", (_, facts: Partial<Facts>) => {
    expect(levelOf(facts)).toBe("limited");
  });

  it("is read from the files of the kernel as they are", () => {
    const files = Object.entries(FACT_FILES.sandbox).map(([name, path]) => [name, readFileSync(path, "utf8")] as const);
    const facts = readFacts(new Map(files));
    expect(facts).toMatchObject({ uid: Array(4).fill(SELF.uid), noNewPrivileges: false });
    expect(facts.limits.size).toBeGreaterThan(10);
    expect(facts.interfaces).toContain("lo");
    expect(facts.mounts?.some(({ path }) => path === "/")).toBe(true);
    expect(seenIsolation(facts, expected).level).toBe("group");
  });
});

describe("a shell that is to become a command", () => {
  it("is not told what to become where less is seen than was asked for, and ends", async () => {
    await using scratch = await scratchDirectory();
    const made = join(scratch.path, "made");
    const shell = spawn("sh", ["-s"], { stdio: ["pipe", "ignore", "ignore", "pipe"] });
    const answer = shell.stdio[3];
    if (shell.stdin === null || answer === null || answer === undefined || !("setEncoding" in answer))
      throw new Error("no pipe was made");
    const entrance = enter(
      {
        file: "/bin/touch",
        argv: ["touch", made],
        directory: scratch.path,
        environment: {},
        level: "limited",
        judge: (facts) => seenIsolation(facts, { ...expected, directory: scratch.path }),
      },
      { script: shell.stdin, answer },
    );
    expect(await once(shell, "close")).toEqual([0, null]);
    expect(entrance()).toMatchObject({
      kind: "refused",
      lacks: expect.arrayContaining([expect.stringContaining("privileges")]),
    });
    expect(existsSync(made)).toBe(false);
  });
});
