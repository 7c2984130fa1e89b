import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ROLES, TENANT_NAME, TOKEN_ALGORITHMS } from "#api";
import { openConfiguredIdentities } from "../../src/main/identities.ts";
import { identitySchema } from "../../src/main/identity-configuration.ts";
import { loadConfiguration } from "../../src/main/load-configuration.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "verbatim-identities-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const KEYS = JSON.stringify({
  keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }],
});
const TOKENS = "tokens: { issuer: i, audience: a, algorithms: [EdDSA], keys: { file: keys.json } }";

async function opened(text: string) {
  writeFileSync(join(directory, "keys.json"), KEYS, { mode: 0o600 });
  writeFileSync(join(directory, "verbatim.yaml"), text);
  const configuration = await loadConfiguration({ flags: {}, environment: {}, workingDirectory: directory });
  return await openConfiguredIdentities(configuration, { token: "t".repeat(43), log: () => undefined });
}

async function problems(text: string): Promise<readonly string[]> {
  const error: unknown = await opened(text).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "INVALID_CONFIGURATION" });
  return (error as { violations: readonly { field: string; description: string }[] }).violations.map(
    ({ field, description }) => `${field} ${description}`,
  );
}

test("a configuration without identity has nobody asked who he is", async () => {
  expect(await opened("state: s")).toBeUndefined();
});

test("a key file beside the configuration is found, and all defaults are filled in", async () => {
  const identities = await opened(`identity: { ${TOKENS} }`);
  expect(identities?.options).toMatchObject({
    localToken: false,
    tenants: [],
    bounds: { callsPerSecond: 100, burst: 200, callsInFlight: 100 },
    tokens: {
      clockToleranceSeconds: 30,
      tokenBytes: 6144,
      rolesClaim: "roles",
      keys: { file: join(directory, "keys.json") },
    },
  });
});

test("all problems of identities are told at once, each with its place", async () => {
  const told = await problems(`identity:
  tokens:
    issuer: ""
    algorithms: [none, HS256]
    keys: { url: "http://example.com/keys" }
    surprise: 1
  certificates: [{ principal: x, roles: [root] }]
  tenants: [Acme, a.b, acme, acme]
`);
  const all = told.join("\n");
  for (const word of ["issuer", "audience", "algorithms", "keys", "surprise", "roles", "tenants"])
    expect(all).toContain(word);
  expect(told.length).toBeGreaterThanOrEqual(8);
  expect(told.every((line) => line.includes("verbatim.yaml:"))).toBe(true);
});

test.each([
  ["https://user:pass@example.com/", false],
  ["http://example.com/", false],
  ["http://127.0.0.1.example.com/", false],
  ["ftp://127.0.0.1/", false],
  ["https://example.com/keys", true],
  ["http://127.0.0.1:8080/keys", true],
  ["http://[::1]:8080/keys", true],
])("keys are asked for at %s: %s", (url, taken) => {
  const tokens = { issuer: "i", audience: "a", algorithms: ["ES256"], keys: { url } };
  expect(identitySchema.safeParse({ tokens }).success).toBe(taken);
});

test("parts that do not keep tenants apart keep a server with tenants from starting, all named at once", async () => {
  const certificates = "certificates: [{ common_name: x, principal: Local, roles: [], tenant: acme }]";
  const told = await problems(`no_token: true
governance: required
platform: { capabilities: [] }
hooks: { file: hooks.yaml }
schedules: [{ name: n, plan: p.yaml, cron: "* * * * *" }]
identity: { ${TOKENS}, ${certificates}, tenants: [acme, globex] }
`);
  expect(told.map((line) => line.split(" ", 1)[0])).toEqual([
    "no_token",
    "identity.certificates[0].principal",
    "platform",
    "hooks",
    "schedules",
    "governance",
  ]);
  await expect(opened(`platform: { capabilities: [] }\nidentity: { ${TOKENS} }`)).resolves.toBeDefined();
});

test("identities that know nobody, or a certificate of no tenant, are refused", async () => {
  expect(await problems("identity: {}")).toEqual([expect.stringContaining("knows nobody")]);
  expect(
    await problems(`identity: { ${TOKENS}, tenants: [acme], certificates: [{ dns: d, principal: p, roles: [] }] }`),
  ).toEqual([expect.stringContaining("expected one of acme")]);
  expect(
    await problems(`identity: { ${TOKENS}, certificates: [{ dns: d, uri: u, principal: p, roles: [] }] }`),
  ).toEqual([expect.stringContaining("names a certificate 2 times")]);
});

test("the words of the configuration are those of the layer that acts by them", () => {
  const { tokens, certificates } = identitySchema.shape;
  const algorithms = tokens.unwrap().shape.algorithms.element.options;
  expect(algorithms).toEqual([...TOKEN_ALGORITHMS]);
  expect(certificates.unwrap().element.shape.roles.element.options).toEqual([...ROLES]);
  for (const name of ["acme", "a-1", "A", "a.b", "-a", "", "a".repeat(33)])
    expect(identitySchema.shape.tenants.unwrap().element.safeParse(name).success).toBe(TENANT_NAME.test(name));
});
