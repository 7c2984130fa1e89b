import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { enter } from "../../../../../src/effects/step-handlers/command-run/isolation/entrance.ts";
import type { Entrance } from "../../../../../src/effects/step-handlers/command-run/isolation/entrance.ts";
import { DEFAULT_ISOLATION } from "../../../../../src/effects/step-handlers/command-run/isolation/isolation-options.ts";
import { seenIsolation } from "../../../../../src/effects/step-handlers/command-run/isolation/seen-isolation.ts";
import { findTools } from "../../../../../src/effects/step-handlers/command-run/isolation/tools.ts";
import { wrappingOf } from "../../../../../src/effects/step-handlers/command-run/isolation/wrapping.ts";
import { lacks } from "../../../../support/needs.ts";
import { scratchDirectory } from "../../../../support/scratch-directory.ts";

const SERVER = { uid: 64_601, gid: 64_602 };
const AS_SERVER = ["--reuid=64601", "--regid=64602", "--clear-groups", "--"];

/** Starts what a server would start that runs as another user than root, and says how far `touch made` came. */
async function enteredBy(level: "limited" | "sandbox", directory: string): Promise<Entrance> {
  chownSync(directory, SERVER.uid, SERVER.gid);
  chmodSync(directory, 0o755);
  const found = findTools(level);
  if ("problem" in found) throw new Error(found.problem);
  const options = DEFAULT_ISOLATION;
  const words = wrappingOf({ level, options, tools: found.tools, directory });
  const child = spawn("setpriv", [...AS_SERVER, ...words], {
    cwd: directory,
    stdio: ["pipe", "ignore", "inherit", "pipe"],
  });
  const answer = child.stdio[3];
  if (child.stdin === null || answer === null || answer === undefined || !("setEncoding" in answer))
    throw new Error("no pipe was made");
  const entrance = enter(
    {
      file: "/bin/touch",
      argv: ["touch", "made"],
      directory,
      environment: {},
      level,
      judge: (facts) => seenIsolation(facts, { options, directory, self: SERVER }),
    },
    { script: child.stdin, answer },
  );
  await once(child, "close");
  return entrance();
}

describe.skipIf(lacks("root") || lacks("a sandbox of bubblewrap"))("a server that is not root", () => {
  it("gives limits and no new privileges, under its own user", async () => {
    await using scratch = await scratchDirectory();
    expect(await enteredBy("limited", scratch.path)).toMatchObject({
      kind: "entered",
      seen: { level: "limited", record: SERVER },
      failedWith: undefined,
    });
    expect(existsSync(join(scratch.path, "made"))).toBe(true);
  });

  it("gives a sandbox where the system lets it make one, and else starts nothing", async () => {
    await using scratch = await scratchDirectory();
    const may = ["bwrap", "--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc", "true"];
    const isPermitted = spawnSync("setpriv", [...AS_SERVER, ...may]).status === 0;
    const entrance = await enteredBy("sandbox", scratch.path);
    if (isPermitted) expect(entrance).toMatchObject({ kind: "entered", seen: { level: "sandbox", record: SERVER } });
    else {
      process.stderr.write("\n!! NOT TESTED HERE: a sandbox that is not made by root, which this system forbids\n\n");
      expect(entrance).toEqual({ kind: "outside" });
    }
    expect(existsSync(join(scratch.path, "made"))).toBe(isPermitted);
  });
});
