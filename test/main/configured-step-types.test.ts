import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSecretVault } from "#effects";
import type { Provider, StepType } from "#effects";
import { configuredProviders } from "../../src/main/configured-step-types.ts";
import { loadConfiguration } from "../../src/main/load-configuration.ts";
import { performStep } from "../effects/support/perform-step.ts";

let directory: string;
let made: readonly Provider[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-step-types-"));
  made = [];
});
afterEach(async () => {
  for (const { close } of made) await close?.();
  rmSync(directory, { recursive: true, force: true });
});

/** The step types of a configuration file that holds `steps`. */
async function typesOf(steps: object): Promise<readonly StepType[]> {
  const config = join(directory, "verbatim.yaml");
  writeFileSync(config, JSON.stringify({ steps }));
  const configuration = await loadConfiguration({ flags: { config }, environment: {}, workingDirectory: "/" });
  const secrets = createSecretVault({
    sources: { key: { environment: "KEY" } },
    environment: { KEY: "a-secret-text" },
  });
  made = configuredProviders(configuration, { host: undefined, secrets });
  return made.flatMap(({ stepTypes }) => stepTypes);
}

const KEY = { secretRef: "key" };
const EVERYTHING = {
  "command.run": { executables: ["ls"] },
  "check.file_exists": { directories: ["sub"] },
  "check.file_matches": { directories: ["sub"] },
  "check.log_clean": { directories: ["sub"] },
  "check.http_ok": { hosts: ["example.com:443"] },
  "check.command": { executables: ["ls"] },
  "email.send": {
    smtp: { host: "mail.example.com", user: "a", password: KEY, from: "a@example.com", recipients: ["@example.com"] },
  },
  "file.write": { directory: "sub" },
  "entity.create": {
    database: { sqlite: "app.db" },
    entities: { Note: { table: "notes", key: "id", fields: { body: "string" }, idempotency_column: "own" } },
  },
  "http.get": { hosts: ["example.com:443"] },
  "http.post": { hosts: ["example.com:443"], private_addresses: ["10.0.0.0/8"] },
  "http.put": { hosts: ["example.com:443"], body_bytes: 1000 },
  "http.delete": { hosts: ["example.com:443"], timeout_seconds: 5 },
  "http.call": { hosts: [], ca_file: "authorities.pem" },
  "webhook.post": { hosts: ["example.com:443"], signing_secret: KEY },
};

describe("the step types of a configuration", () => {
  it("are those that it names, and none without a word of it", async () => {
    expect(await typesOf({})).toEqual([]);
    expect((await typesOf(EVERYTHING)).map(({ name }) => name).toSorted()).toEqual(Object.keys(EVERYTHING).toSorted());
    for (const [name, configuration] of Object.entries(EVERYTHING)) {
      expect((await typesOf({ [name]: configuration })).map((type) => type.name)).toEqual([name]);
    }
  });

  it("look for files relative to the configuration file, wherever the server was started", async () => {
    mkdirSync(join(directory, "sub"));
    writeFileSync(join(directory, "sub", "file"), "text");
    for (const type of await typesOf(EVERYTHING)) {
      const others = {
        "check.file_exists": {},
        "check.file_matches": { pattern: "x?" },
        "check.log_clean": { patterns: ["y"] },
      };
      if (!(type.name in others)) continue;
      const parameters = { path: "file", ...others[type.name as keyof typeof others] }; // one of them, by the line above
      expect(await performStep(type, parameters)).toMatchObject({ success: true });
    }
  });

  it("are refused with what is wrong in them when they are made", async () => {
    await expect(typesOf({ "webhook.post": { hosts: [], signing_secret: { secretRef: "other" } } })).rejects.toThrow(
      /other/,
    );
    await expect(typesOf({ "check.http_ok": { hosts: ["no-port"] } })).rejects.toThrow(/hosts\[0\]/);
    const open = { hosts: [], private_addresses: ["10.0.0.0"] };
    await expect(typesOf({ "http.get": open })).rejects.toThrow(/private_addresses\[0\]/);
    await expect(typesOf({ "check.file_exists": { directories: [] } })).rejects.toThrow(/directories/);
    await expect(typesOf({ "file.write": { directory: "sub", max_bytes: 0 } })).rejects.toThrow(/max_bytes/);
    const none = { database: { sqlite: "app.db" }, entities: {} };
    await expect(typesOf({ "entity.create": none })).rejects.toThrow(/entities: lists none/);
    const postgres = { ...none, database: { postgres: { environment: "NO_SUCH_VARIABLE" } } };
    await expect(typesOf({ "entity.create": postgres })).rejects.toThrow(/database\.postgres cannot be read/);
    await expect(typesOf({ "email.send": {} })).rejects.toThrow(/smtp/);
    await expect(typesOf({ "check.other": {} })).rejects.toThrow(/check\.other/);
  });
});
