import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chainHash, genesis, openLine, sealLine } from "../../../src/evidence/chain.ts";
import { request, startHouse } from "../../api/support/house.ts";
import type { House } from "../../api/support/house.ts";
import { memorySigner } from "../../evidence/support/signer.ts";
import { runCommand } from "../support/house-host.ts";
import type { CommandEnd } from "../support/house-host.ts";

let house: House;
let folder: string;
beforeEach(async () => {
  house = await startHouse();
  await house.client.executor.executeJob(request("job", ["test.echo", "test.echo"]));
  folder = join(house.directory, "export");
  await runCommand(house, ["export", "job", "--out", folder]);
});
afterEach(() => house[Symbol.asyncDispose]());

const proof = (): string => join(house.directory, "proof.json");
const inFolder = (name: string): string => join(folder, name);

async function verified(...flags: readonly string[]): Promise<CommandEnd & { readonly said: Said }> {
  const end = await runCommand(house, ["verify", folder, "--json", ...flags]);
  return { ...end, said: JSON.parse(end.out) as Said };
}

interface Said {
  readonly ok: boolean;
  readonly end_proven: boolean;
  readonly seal: { readonly verdict: string } | null;
  readonly problems: readonly { readonly code: string; readonly seq: number; readonly to_seq: number | null }[];
}

function lines(): readonly string[] {
  return readFileSync(inFolder("events.jsonl"), "utf8").trimEnd().split("\n");
}

function write(changed: readonly string[]): void {
  writeFileSync(inFolder("events.jsonl"), `${changed.join("\n")}\n`);
}

/** The same records with another word in one of them, and all hashes made anew, as an owner of the log can. */
function rewritten(at: number): readonly string[] {
  let previous = genesis("job");
  return lines().map((line, seq) => {
    const body = (openLine(line)?.body ?? "").replace("tester", seq === at ? "another" : "tester");
    previous = chainHash(previous, body);
    return sealLine(body, previous);
  });
}

describe("verify of an exported folder with the key that signed", () => {
  test("finds it proven to its end, and says so with exit code 0", async () => {
    const { code, said } = await verified("--key", inFolder("key.pem"));
    expect([code, said.ok, said.end_proven, said.seal?.verdict, said.problems]).toEqual([0, true, true, "valid", []]);
    const { out } = await runCommand(house, ["verify", folder, "--key", inFolder("key.pem")]);
    expect(out).toMatch(/^Seal: ✓ SIGNED by [\w-]{43}$/m);
  });

  test.each([
    ["whose last line was cut", () => lines().slice(0, -1), "TRUNCATED"],
    ["to which a line was added", () => [...lines(), ...lines().slice(-1)], "DUPLICATE"],
    ["that its owner wrote anew", () => rewritten(3), "REWRITTEN"],
  ])("finds a log %s", async (_what, change, problem) => {
    write(change());
    const { code, said } = await verified("--key", inFolder("key.pem"));
    expect([code, said.problems.map((found) => found.code)]).toEqual([5, [problem]]);
  });

  test("finds a seal of another run that was put in its place", async () => {
    await house.client.executor.executeJob(request("other", ["test.echo", "test.echo"]));
    const other = join(house.directory, "other");
    await runCommand(house, ["export", "other", "--out", other]);
    copyFileSync(join(other, "seal.dsse.json"), inFolder("seal.dsse.json"));
    const { code, said } = await verified("--key", inFolder("key.pem"));
    expect(code).toBe(5);
    expect(said.problems[0]?.code).toBe("FOREIGN");
  });

  test("finds a seal whose words were changed", async () => {
    const envelope = JSON.parse(readFileSync(inFolder("seal.dsse.json"), "utf8")) as { payload: string };
    const payload = Buffer.from(envelope.payload, "base64").toString().replace('"succeeded":2', '"succeeded":1');
    writeFileSync(
      inFolder("seal.dsse.json"),
      JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString("base64") }),
    );
    const { code, said } = await verified("--key", inFolder("key.pem"));
    expect([code, said.problems.map((found) => found.code)]).toEqual([5, ["BAD_SIGNATURE"]]);
  });
});

test("verify with another key than the one that signed finds an unknown key", async () => {
  const key = join(house.directory, "other.pem");
  writeFileSync(key, memorySigner("ed25519").publicKeyPem);
  const { code, said } = await verified("--key", key);
  expect([code, said.ok, said.problems.map((found) => found.code)]).toEqual([5, false, ["UNKNOWN_KEY"]]);
  expect((await verified("--key", key, "--key", inFolder("key.pem"))).code).toBe(0);
});

test("verify without a key, or without the seal, calls the end unproven, with exit code 2", async () => {
  const keyless = await verified();
  expect([keyless.code, keyless.said.ok, keyless.said.end_proven]).toEqual([2, true, false]);
  rmSync(inFolder("seal.dsse.json"));
  const sealless = await verified("--key", inFolder("key.pem"));
  expect([sealless.code, sealless.said.end_proven, sealless.said.seal]).toEqual([2, false, null]);
});

test("verify of a run asks the server for log and seal, and trusts the key that is given", async () => {
  const { code } = await runCommand(house, ["verify", "job", "--key", inFolder("key.pem")]);
  expect(code).toBe(0);
  expect((await runCommand(house, ["verify", "job"])).code).toBe(2);
});

test.each([
  ["--key", "key.pem", "The public key"],
  ["--seal", "seal.dsse.json", "The seal"],
])("verify says of %s that its file is not there", async (flag, name, what) => {
  const path = join(house.directory, "nowhere", name);
  const { code, err } = await runCommand(house, ["verify", folder, flag, path]);
  expect(code).toBe(2);
  expect(err).toContain(`${what} ${path} cannot be read (ENOENT)`);
});

test.each([
  ["the log itself", (pipe: string) => ["verify", pipe], "log"],
  ["--key", (pipe: string) => ["verify", folder, "--key", pipe], "public key"],
  ["--seal", (pipe: string) => ["verify", folder, "--seal", pipe], "seal"],
  ["--proof", (pipe: string) => ["verify", "--proof", pipe], "proof"],
  ["prove", (pipe: string) => ["prove", pipe, "--seq", "0"], "log"],
] as const)("a pipe that nobody writes to is refused at once as %s", async (_flag, words, what) => {
  const pipe = join(house.directory, `pipe-${what.replace(" ", "-")}-${words("").length}`);
  execFileSync("mkfifo", [pipe]);
  const { code, err } = await runCommand(house, words(pipe));
  expect(code).toBe(2);
  expect(err).toContain(`The ${what} ${pipe} is a pipe; expected a regular file: copy it into a file and name that.`);
});

async function proven(...flags: readonly string[]): Promise<{ readonly code: number; readonly status: string }> {
  const { code, out } = await runCommand(house, ["verify", "--proof", proof(), "--json", ...flags]);
  return { code, status: (JSON.parse(out) as { readonly status: string }).status };
}

describe("verify of a proof of one line", () => {
  test.each(["job", "the folder"])("that was made of %s holds with the key, and is unproven without", async (what) => {
    await runCommand(house, ["prove", what === "job" ? "job" : folder, "--seq", "3", "--out", proof()]);
    expect(await proven("--key", inFolder("key.pem"))).toEqual({ code: 0, status: "proven" });
    expect(await proven()).toEqual({ code: 2, status: "unproven" });
    const { out } = await runCommand(house, ["verify", "--proof", proof(), "--key", inFolder("key.pem")]);
    expect(out).toContain(`${lines()[3]}\n`);
    expect(out).not.toContain(lines()[4]);
  });

  test("finds a line that was changed, a seal of another log, another key, and a proof that is none", async () => {
    await runCommand(house, ["prove", folder, "--seq", "3", "--out", proof()]);
    const made = JSON.parse(readFileSync(proof(), "utf8")) as { readonly line: string };
    await house.client.executor.executeJob(request("other", ["test.echo"]));
    const { out: otherSeal } = await runCommand(house, ["seal", "other"]);
    const otherKey = join(house.directory, "other.pem");
    writeFileSync(otherKey, memorySigner("ed25519").publicKeyPem);
    const broken = { code: 5, status: "broken" };
    expect(await proven("--key", otherKey)).toEqual(broken);
    for (const changed of [
      { ...made, line: made.line.replace("tester", "texter") },
      { ...made, seal: JSON.parse(otherSeal) as unknown },
      { ...made, seal: "no seal" },
      {},
    ]) {
      writeFileSync(proof(), JSON.stringify(changed));
      expect(await proven("--key", inFolder("key.pem"))).toEqual(broken);
    }
  });

  test("needs a proof, or a log: with neither, what to give is said", async () => {
    const { code, err } = await runCommand(house, ["verify"]);
    expect([code, err]).toEqual([2, "verbatim: Name a run or a file to verify, or a proof with --proof.\n"]);
  });
});
