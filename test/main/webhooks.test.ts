import { chmod, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { HooksPart } from "#api";
import { Fault } from "#model";
import { configurationSchema } from "../../src/main/configuration.ts";
import { requireDevelopmentAtHome } from "../../src/main/development.ts";
import type { LoadedConfiguration } from "../../src/main/load-configuration.ts";
import { configuredWebhooks } from "../../src/main/webhooks.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";

const ENDPOINT = {
  path: "/webhooks/one",
  header: "X-Signature",
  scheme: "sha256-hex",
  delivery_header: "X-Id",
  entity: "Ticket",
  operation: "create",
};

const HTTP = { http: { listen: "127.0.0.1:0" } };

/** Hooks that know tickets, and nothing else: what is configured asks for no more of them. */
const HOOKS = { loaded: () => ({ set: { entities: new Map([["Ticket", {}]]) } }) } as unknown as HooksPart;

function loaded(base: string, members: Readonly<Record<string, unknown>>): LoadedConfiguration {
  return { ...configurationSchema.parse(members), base, state: `${base}/state` };
}

async function withSecrets(secrets: Readonly<Record<string, string>>) {
  const directory = await scratchDirectory();
  for (const [name, text] of Object.entries(secrets))
    await writeFile(`${directory.path}/${name}`, text, { mode: 0o600 });
  return directory;
}

function problemsOf(ask: () => unknown): readonly string[] {
  try {
    ask();
  } catch (error) {
    if (error instanceof Fault) return error.violations.map(({ field, description }) => `${field} ${description}`);
    throw error;
  }
  return [];
}

describe("endpoints as they are configured", () => {
  test("are made of the configuration, with the secret as it stands in its file", async () => {
    await using directory = await withSecrets({ one: "sixteen bytes it\n" });
    const webhooks = { one: { ...ENDPOINT, secret: { file: "one" }, timestamp_header: "X-Time" } };
    const [endpoint] = configuredWebhooks(loaded(directory.path, { ...HTTP, webhooks }), HOOKS) ?? [];
    expect(endpoint).toMatchObject({
      name: "one",
      signatureHeader: "x-signature",
      signed: "{timestamp}.{body}",
      timestamp: { header: "x-time", toleranceSeconds: 300 },
      maxBytes: 2 ** 20,
    });
    expect(endpoint?.secret.toString()).toBe("sixteen bytes it");
    expect(configuredWebhooks(loaded(directory.path, HTTP), undefined)).toBeUndefined();
  });

  test("are refused with every problem at once, and no secret is told", async () => {
    await using directory = await withSecrets({ short: "fifteen bytes i", open: "sixteen bytes it", empty: "" });
    await chmod(`${directory.path}/open`, 0o644);
    const webhooks = {
      short: { ...ENDPOINT, secret: { file: "short" } },
      open: { ...ENDPOINT, path: "/webhooks/two", secret: { file: "open" } },
      absent: { ...ENDPOINT, path: "/webhooks/three", secret: { environment: "VERBATIM_TEST_NOT_THERE" } },
      empty: { ...ENDPOINT, path: "/webhooks/four", secret: { file: "empty" }, entity: "Nobody" },
    };
    const problems = problemsOf(() => configuredWebhooks(loaded(directory.path, { webhooks }), undefined));
    expect(problems).toEqual([
      expect.stringContaining("http is missing"),
      expect.stringContaining("hooks is missing"),
      "webhooks.short.secret has 15 bytes; expected 16 to 4096, and not blank",
      expect.stringContaining("webhooks.open.secret cannot be read: its file has the mode 0644"),
      expect.stringContaining("webhooks.absent.secret cannot be read: the variable"),
      expect.stringContaining("webhooks.empty.secret has 0 bytes"),
    ]);
    const known = problemsOf(() => configuredWebhooks(loaded(directory.path, { ...HTTP, webhooks }), HOOKS));
    expect(known).toContain('webhooks.empty.entity "Nobody" is not known to the file of hooks');
  });

  test("share neither a path nor a secret", async () => {
    await using directory = await withSecrets({ one: "sixteen bytes it" });
    const one = { ...ENDPOINT, secret: { file: "one" } };
    const webhooks = { one, two: one };
    expect(problemsOf(() => configuredWebhooks(loaded(directory.path, { ...HTTP, webhooks }), HOOKS))).toEqual([
      "webhooks.two.path is that of one too",
      "webhooks.two.secret is that of one too",
    ]);
  });

  test.each([
    ["no secret", { secret: undefined }],
    ["a secret as it is", { secret: "sixteen bytes it" }],
    ["another algorithm", { scheme: "sha1-hex" }],
    ["a path elsewhere", { path: "/metrics" }],
    ["a path with a folder above", { path: "/webhooks/.." }],
    ["a time that is not signed", { timestamp_header: "X-Time", signed: "{body}" }],
    ["a time that does not come", { signed: "{timestamp}.{body}" }],
    ["parts that run into one another", { timestamp_header: "X-Time", signed: "{timestamp}{body}" }],
    ["a body that is not signed", { signed: "{id}." }],
    ["a body without a bound", { max_bytes: 4_194_305 }],
    ["an operation that there is not", { operation: "upsert" }],
  ])("do not have %s", (_what, changed) => {
    const one = { ...ENDPOINT, secret: { file: "one" }, ...changed };
    expect(configurationSchema.safeParse({ webhooks: { one } }).success).toBe(false);
    const sound = { ...ENDPOINT, secret: { file: "one" } };
    expect(configurationSchema.safeParse({ webhooks: { one: sound } }).success).toBe(true);
  });
});

describe("a server in development", () => {
  const said: string[] = [];
  const log = (event: string): void => void said.push(event);

  test("is for this machine alone, wherever it listens", () => {
    const away = { development: true, listen: "0.0.0.0:7431", http: { listen: "10.0.0.1:80" } };
    expect(problemsOf(() => requireDevelopmentAtHome(loaded("/", away), log))).toEqual([
      expect.stringContaining("listen is 0.0.0.0:7431"),
      expect.stringContaining("http.listen is 10.0.0.1:80"),
    ]);
    expect(said).toEqual([]);
    for (const listen of ["unix:/tmp/x", "127.0.0.1:0", "[::1]:0", "localhost:0"])
      expect(problemsOf(() => requireDevelopmentAtHome(loaded("/", { development: true, listen }), log))).toEqual([]);
    expect(said).toEqual(Array(4).fill("development.on"));
  });

  test("is said of none that is not", () => {
    const before = said.length;
    requireDevelopmentAtHome(loaded("/", { listen: "127.0.0.1:0" }), log);
    expect(said).toHaveLength(before);
  });
});
