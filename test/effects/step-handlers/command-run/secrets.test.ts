import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSecretVault } from "#effects";
import type { SecretVault } from "#effects";
import type { JsonObject } from "#model";
import { createBench, sh } from "../../support/bench-of-commands.ts";
import type { Bench } from "../../support/bench-of-commands.ts";

const SECRET = "correct horse\nbattery staple";
const MARKER = "[redacted:key]";

function benchWith(environment: Record<string, string> = { KEY: SECRET }): Bench {
  return createBench({ secrets: vaultWith(environment) });
}

function vaultWith(environment: Record<string, string>): SecretVault {
  return createSecretVault({ sources: { key: { environment: "KEY" } }, environment });
}

const KEY = { secretRef: "key" };
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

describe("a command that names a secret", () => {
  it.each<[string, JsonObject]>([
    ["in its environment", { argv: sh('test "$TOKEN" = "$(cat expected)"'), environment: { TOKEN: KEY } }],
    ["as an argument", { argv: [...sh('test "$1" = "$(cat expected)"'), KEY] }],
  ])("is given its value %s", async (_case, parameters) => {
    await using bench = benchWith();
    writeFileSync(join(bench.directory, "expected"), SECRET);
    expect(bench.commandRun.checkParameters(parameters)).toEqual([]);
    expect(await bench.output(parameters)).toMatchObject({ exit_code: 0 });
  });

  it("prints it in vain: what is kept, counted and hashed is the output without it", async () => {
    await using bench = benchWith();
    const script = 'printf %s "$TOKEN"; printf %s "$TOKEN" | base64; printf "%s!" "$TOKEN" >&2; exit 3';
    const said = await bench.run({ argv: sh(script), environment: { TOKEN: KEY } });
    expect(said).toMatchObject({
      error: `exited with code 3: ${MARKER}!`,
      output: {
        stdout: { text: `${MARKER}${MARKER}\n`, bytes: 2 * MARKER.length + 1, sha256: sha256(`${MARKER}${MARKER}\n`) },
        stderr: { text: `${MARKER}!`, bytes: MARKER.length + 1, sha256: sha256(`${MARKER}!`) },
      },
    });
  });

  it("prints it in vain bit by bit, and where the output that is kept ends in its middle", async () => {
    await using bench = createBench({ secrets: vaultWith({ KEY: "slow-secret-value" }), outputBytes: 20 });
    const script = 'for part in 12345678901 slow -sec ret -val ue; do printf %s "$part"; sleep 0.02; done';
    const { stdout } = await bench.output({ argv: sh(script) });
    expect(stdout).toMatchObject({ text: "12345678901[redacted", bytes: 11 + MARKER.length, truncated: true });
  });

  it("hides a secret that another step has left in a file", async () => {
    await using bench = benchWith();
    await bench.run({ argv: sh('printf %s "$TOKEN" > left'), environment: { TOKEN: KEY } });
    expect(await bench.output({ argv: ["cat", "left"] })).toMatchObject({ stdout: { text: MARKER } });
  });

  it("fails for good, and starts nothing, if a secret cannot be read, and says which without its value", async () => {
    await using bench = benchWith({});
    const said = await bench.run({ argv: sh("touch started"), environment: { TOKEN: KEY, AGAIN: KEY } });
    expect(said).toEqual({
      success: false,
      output: null,
      error: 'the secret "key" cannot be used: the variable KEY is not set',
      errorClass: "permanent",
    });
    expect(await bench.output({ argv: ["ls"] })).toMatchObject({ stdout: { text: "" } });
  });

  it.each<[string, JsonObject, readonly string[]]>([
    ["a name that is not known, as an argument", { argv: ["ls", { secretRef: "other" }] }, ["argv[1]"]],
    [
      "a name that is not known, as a variable",
      { argv: ["ls"], environment: { A: { secretRef: "other" } } },
      ["environment.A"],
    ],
    ["a secret as the program", { argv: [KEY] }, ["argv[0]"]],
    ["a member beside the name", { argv: ["ls", { secretRef: "key", more: 1 }] }, ["argv[1]"]],
    ["a name of another form", { argv: ["ls", { secretRef: "" }] }, ["argv[1]"]],
    ["a guarded variable", { argv: ["ls"], environment: { LD_PRELOAD: KEY } }, ["environment.LD_PRELOAD"]],
    ["a secret elsewhere", { argv: ["ls"], working_directory: KEY }, ["working_directory"]],
  ])("is refused at once for %s", async (_case, parameters, fields) => {
    await using bench = benchWith();
    const violations = bench.commandRun.checkParameters(parameters);
    expect(violations.map(({ field }) => field)).toEqual(fields);
    expect(await bench.run(parameters)).toMatchObject({ success: false });
  });

  it("declares which of its streams are sensitive, and its error then quotes none of them", async () => {
    await using bench = createBench();
    const parameters = { argv: sh("echo Ada >&2; exit 1"), sensitive_output: ["/stderr"] };
    expect(bench.commandRun.checkParameters(parameters)).toEqual([]);
    expect(bench.commandRun.sensitiveOutput?.(parameters)).toEqual(["/stderr"]);
    expect(await bench.run(parameters)).toMatchObject({ error: "exited with code 1" });
    expect(await bench.run({ ...parameters, sensitive_output: ["/stdout"] })).toMatchObject({
      error: "exited with code 1: Ada",
    });
    const fields = bench.commandRun.checkParameters({ argv: ["ls"], sensitive_output: ["/stdout/text"] });
    expect(fields.map(({ field }) => field)).toEqual(["sensitive_output[0]"]);
  });

  it("is refused where no secrets are configured", async () => {
    await using bench = createBench();
    expect(bench.commandRun.checkParameters({ argv: ["ls", KEY] })).toEqual([
      {
        field: "argv[1]",
        description: expect.stringContaining('names the secret "key", which is not known here') as string,
      },
    ]);
  });
});
