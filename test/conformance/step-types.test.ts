import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import {
  createArtifactCollect,
  createCapabilityDisable,
  createCapabilityEnable,
  createChangeRevert,
  createCheckCommand,
  createCheckFileExists,
  createCheckFileMatches,
  createCheckHttpOk,
  createCheckLogClean,
  createConfigurationUpdate,
  createEmailSend,
  createEntityCreate,
  createFileWrite,
  createHttpStep,
  createParameterChange,
  createSecretVault,
  createSqliteWriter,
  createWebhookPost,
  openPlatformStore,
} from "#effects";
import { realClock } from "../effects/support/clock.ts";
import { describeStepType } from "./step-type.ts";

const PLATFORM = { path: join(mkdtempSync(join(tmpdir(), "verbatim-conformance-")), "platform.db"), clock: realClock };
const platform = openPlatformStore({ ...PLATFORM, capabilities: [] });
afterAll(() => {
  platform.close();
  rmSync(dirname(PLATFORM.path), { recursive: true });
});

const files = { directories: [tmpdir()] };

describeStepType("artifact.collect", {
  create: () => createArtifactCollect(files),
  fine: [{ patterns: ["out/*.csv"] }, { patterns: ["a", "**/b"], working_directory: "." }],
  malformed: [{}, { patterns: [] }, { patterns: ["/etc/*"] }, { patterns: ["../a"] }, { patterns: ["a"], other: 1 }],
});

describeStepType("check.file_exists", {
  create: () => createCheckFileExists(files),
  fine: [{ path: "file" }, { path: `${tmpdir()}/file`, kind: "any", min_bytes: 1 }],
  malformed: [{}, { path: "" }, { path: "file", kind: "pipe" }, { path: "file", other: 1 }],
});

describeStepType("check.file_matches", {
  create: () => createCheckFileMatches(files),
  fine: [
    { path: "file", pattern: "a|b" },
    { path: "file", pattern: "a", absent: true, max_bytes: 1 },
  ],
  malformed: [{}, { path: "file" }, { path: "file", pattern: "" }, { path: "file", pattern: "a", max_bytes: 0 }],
});

describeStepType("check.log_clean", {
  create: () => createCheckLogClean(files),
  fine: [
    { path: "file", presets: ["oracle"] },
    { path: "file", patterns: ["a"], ignore: ["b"], from_byte: 1 },
  ],
  malformed: [{ path: 1 }, { path: "file", presets: ["other"] }, { path: "file", patterns: "a" }],
});

describeStepType("check.http_ok", {
  create: () => createCheckHttpOk({ hosts: ["example.com:443"], clock: realClock }),
  fine: [{ url: "https://example.com/" }, { url: "https://example.com/", statuses: [200], method: "HEAD", timeout: 1 }],
  malformed: [
    {},
    { url: 1 },
    { url: "https://example.com/", statuses: [] },
    { url: "https://example.com/", method: "PUT" },
  ],
});

describeStepType("check.command", {
  create: () =>
    createCheckCommand({
      executables: ["*"],
      workingDirectories: [tmpdir()],
      environment: { values: {} },
      clock: realClock,
    }),
  fine: [{ argv: ["true"] }, { argv: ["true"], exit_codes: [1], output_contains: "a", output_matches: "^a" }],
  malformed: [{}, { argv: [] }, { argv: ["true"], exit_codes: [] }, { argv: ["true"], expected_exit_codes: [0] }],
});

const secrets = createSecretVault({
  sources: { hook: { environment: "HOOK" } },
  environment: { HOOK: "a-secret-text" },
});

describeStepType("webhook.post", {
  create: () => createWebhookPost({ hosts: ["example.com:443"], clock: realClock, secrets, signingSecret: "hook" }),
  fine: [
    { url: "https://example.com/", body: { a: [1, null] } },
    { url: "https://example.com/", body: "text" },
  ],
  malformed: [
    {},
    { url: "https://example.com/" },
    { url: 1, body: 1 },
    { url: "https://example.com/", body: 1, other: 1 },
  ],
});

const http = { hosts: ["example.com:443"], clock: realClock, secrets };
const url = "https://example.com/";

describeStepType("http.get", {
  create: () => createHttpStep("http.get", http),
  fine: [
    { url },
    { url, headers: { accept: "text/html", authorization: { secretRef: "hook", prefix: "Bearer " } }, timeout: 1 },
    { url, max_redirects: 3, response_headers: ["x-total"] },
  ],
  malformed: [
    {},
    { url: 1 },
    { url, json: 1 },
    { url, method: "GET" },
    { url, max_redirects: -1 },
    { url, headers: [] },
  ],
});

for (const name of ["http.post", "http.put", "http.delete"] as const)
  describeStepType(name, {
    create: () => createHttpStep(name, http),
    fine: [{ url }, { url, json: { a: [1, null] } }, { url, text: "" }, { url, base64: "AAECAw==" }],
    malformed: [{}, { url, text: 1 }, { url, method: "POST" }, { url, body: 1 }, { url, headers: { a: 1 } }],
  });

describeStepType("http.call", {
  create: () => createHttpStep("http.call", http),
  fine: [
    { url, method: "GET" },
    { url, method: "HEAD" },
    { url, method: "PATCH", json: {} },
  ],
  malformed: [{ url }, { url, method: "CONNECT" }, { url, method: "get" }, { url, method: "PUT", json: 1, other: 1 }],
});

describeStepType("email.send", {
  create: () =>
    createEmailSend({
      smtp: { host: "localhost", port: 25, security: "none", from: "a@example.com", recipients: ["@example.com"] },
    }),
  fine: [
    { to: "a@example.com", subject: "s", text: "" },
    { to: ["a@example.com", "b@example.com"], cc: "c@example.com", subject: "s", text: "t\n" },
  ],
  malformed: [
    {},
    { to: "a@example.com", subject: "s" },
    { to: [], subject: "s", text: "" },
    { to: 1, subject: "s", text: "" },
  ],
});

for (const [name, create] of [
  ["capability_enable", createCapabilityEnable],
  ["capability_disable", createCapabilityDisable],
] as const)
  describeStepType(name, { create: () => create(platform), fine: [{}], malformed: [{ value: 1 }] });

for (const [name, create] of [
  ["configuration_update", createConfigurationUpdate],
  ["parameter_change", createParameterChange],
] as const)
  describeStepType(name, {
    create: () => create(platform),
    fine: [{ value: null }, { value: { a: [1, "b"] } }],
    malformed: [{}, { value: 1, other: 2 }],
  });

describeStepType("change_revert", {
  create: () => createChangeRevert(platform),
  fine: [{ job_id: "a-job", step_index: 0 }],
  malformed: [{}, { job_id: "a-job" }, { job_id: "", step_index: 0 }, { job_id: "a-job", step_index: 0.5 }],
});

describeStepType("file.write", {
  create: () => createFileWrite({ directory: tmpdir() }),
  fine: [
    { path: "a", text: "" },
    { path: "a/b", base64: "AAEC", if_exists: "replace", permissions: "0644" },
  ],
  malformed: [
    {},
    { path: "/a", text: "" },
    { path: "a", base64: "?" },
    { path: "a", text: "", permissions: "0777" },
    { path: "a", text: "", other: 1 },
  ],
});

describeStepType("entity.create", {
  create: () =>
    createEntityCreate({
      entities: new Map([
        ["Note", { table: "notes", key: "id", idempotencyColumn: "own", fields: new Map([["body", "string"]]) }],
      ]),
      writer: createSqliteWriter({ file: "/nowhere/app.db", clock: realClock }),
    }),
  fine: [
    { entity: "Note", record: { body: "text" } },
    { entity: "Note", record: {}, idempotency_key: "a" },
  ],
  malformed: [{}, { entity: "Note" }, { entity: "Note", record: 1 }, { entity: "", record: {} }],
});
