import { execFile, spawnSync } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { connectClient, developmentCertificates } from "#api";
import type { Finding } from "../../src/cli/index.ts";
import { lacks } from "../support/needs.ts";
import { commandBench } from "./support/command-bench.ts";
import type { CommandBench, CommandEnd, RunningCommand } from "./support/command-bench.ts";
import { python, ROOT } from "./support/python.ts";

const CONFIGURATION = `listen: 127.0.0.1:0
tls: {certificate: certs/server.pem, key: certs/server.key, client_ca: certs/ca.pem}
steps:
  command.run: {executables: [ls, sha256sum, tar], working_directories: [${JSON.stringify(ROOT)}]}
`;

let bench: CommandBench;
let made: CommandEnd;
let server: RunningCommand;
let address: string;

beforeAll(async () => {
  bench = await commandBench(CONFIGURATION);
  made = await bench.run(["certs", "init", "--json", "--client", "spiffe://example/ops", "--client", "bob"]);
  server = bench.start(["serve", "--json"]);
  await vi.waitUntil(() => server.out().endsWith("\n"), { timeout: 30_000 });
  ({ address } = JSON.parse(server.out()) as { readonly address: string });
});
afterAll(() => bench[Symbol.asyncDispose]());

const at = (name: string): string => join(bench.directory, "certs", name);
const FLAGS = ["--ca", "certs/ca.pem", "--cert", "certs/client-ops.pem", "--key", "certs/client-ops.key"];

describe("certificates for development", () => {
  test("are written with keys that nobody else may read, and none is written over", async () => {
    expect(made.code).toBe(0);
    const { written } = JSON.parse(made.out) as { readonly written: readonly string[] };
    expect(written).toHaveLength(8);
    for (const name of ["ca", "server", "client-ops", "client-bob"]) {
      expect(((await stat(at(`${name}.key`))).mode & 0o777).toString(8)).toBe("600");
    }
    const again = await bench.run(["certs", "init"]);
    expect(again.code).toBe(2);
    expect(again.err).toContain("certs/ca.pem, certs/ca.key, certs/server.pem");
  });

  test.skipIf(lacks("openssl"))("are what openssl calls valid in every respect", () => {
    for (const [purpose, name] of [
      ["sslserver", "server"],
      ["sslclient", "client-ops"],
      ["sslclient", "client-bob"],
    ] as const) {
      const flags = ["-x509_strict", "-purpose", purpose, "-CAfile", at("ca.pem"), at(`${name}.pem`)];
      expect(opensslNow("verify", ...flags)).toMatchObject({ status: 0, stdout: `${at(`${name}.pem`)}: OK\n` });
    }
    const { stdout } = opensslNow("x509", "-in", at("client-ops.pem"), "-noout", "-text");
    expect(stdout).toContain("URI:spiffe://example/ops");
    expect(stdout).toContain("ASN1 OID: prime256v1");
  });
});

describe("a server that asks for client certificates", () => {
  test("is found by a command in its directory, which has to know its CA and be known", async () => {
    const [stranger, known] = await Promise.all([
      bench.run(["step-types", "--ca", "certs/ca.pem"]),
      bench.run(["step-types", ...FLAGS]),
    ]);
    expect(known).toMatchObject({ code: 0, out: expect.stringContaining("command.run") });
    expect(stranger.code).toBe(7);
    expect(stranger.err).toContain("asks for a client certificate, and none was shown");
  });

  test("is called by its name with what variables name, and never with and without TLS at once", async () => {
    const environment = {
      VERBATIM_SERVER: address.replace("127.0.0.1", "localhost"),
      VERBATIM_CA: at("ca.pem"),
      VERBATIM_CERT: at("client-bob.pem"),
      VERBATIM_KEY: at("client-bob.key"),
    };
    const [known, both] = await Promise.all([
      bench.run(["runs"], { environment }),
      bench.run(["runs", "--insecure", ...FLAGS]),
    ]);
    expect(known.code).toBe(0);
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining("say one or the other") });
  });

  test("is looked at by `doctor --server`, which tells how long both certificates hold", async () => {
    const [known, stranger] = await Promise.all([
      bench.run(["doctor", "--server", "--json", ...FLAGS]),
      bench.run(["doctor", "--server", address, "--ca", "certs/ca.pem"]),
    ]);
    const { ok, findings } = JSON.parse(known.out) as { readonly ok: boolean; readonly findings: readonly Finding[] };
    expect([known.code, ok]).toEqual([0, true]);
    const details = new Map(findings.map(({ name, detail }) => [name, detail]));
    expect(details.get("tls")).toMatch(/CN=Verbatim server\) holds for 89 days/);
    expect(details.get("tls client")).toMatch(/CN=ops\) holds for 89 days/);
    expect(details.get("caller")).toContain("certificate:spiffe://example/ops");
    expect(stranger).toMatchObject({ code: 2, out: expect.stringContaining("asks for a client certificate") });
  });

  test("performs a job for a caller in Python that shows a certificate", { skip: lacks("Python's gRPC") }, async () => {
    const flags = ["--address", address.replace("127.0.0.1", "localhost"), "--job-id", "python-tls"];
    const files = ["--ca", at("ca.pem"), "--cert", at("client-bob.pem"), "--key", at("client-bob.key")];
    const { status, stderr } = await python("examples/python/execute_job.py", ...flags, ...files);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const stranger = await python("examples/python/execute_job.py", ...flags, ...files.slice(0, 2));
    expect(stranger.status).toBe(8);
  });

  test.skipIf(lacks("openssl"))(
    "tells openssl which CA it asks for, speaks TLS 1.3 and HTTP/2, and nothing older",
    async () => {
      const flags = ["-connect", address, "-CAfile", at("ca.pem"), "-verify_return_error", "-alpn", "h2"];
      const client = ["-cert", at("client-bob.pem"), "-key", at("client-bob.key")];
      const good = await openssl(["s_client", ...flags, ...client]);
      expect(good).toMatch(/Verify return code: 0 \(ok\)/);
      expect(good).toMatch(/Acceptable client certificate CA names\nCN = Verbatim development CA [0-9a-f]{8}\n/);
      expect(good).toContain("ALPN protocol: h2");
      expect(good).toMatch(/New, TLSv1\.3/);
      const old = await openssl(["s_client", ...flags, ...client, "-tls1_2"]);
      expect(old).toMatch(/alert protocol version/);
    },
  );

  test("takes new certificates without being started again, and refuses those of a CA that was taken away", async () => {
    const files = developmentCertificates({ now: Date.now(), days: 30, hosts: [], clients: ["new"] });
    const write = async (wanted: RegExp): Promise<void> => {
      for (const { name, text } of files) if (wanted.test(name)) await writeFile(at(name), text, { mode: 0o600 });
    };
    await write(/^client-new/);
    await write(/^(?:server|ca)\./);
    await server.says(/"tls\.reloaded"/);
    await expect(call("new")).resolves.toBeDefined();
    await expect(call("bob")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await server.says(/"tls\.handshake_refused"/);
  });
});

function opensslNow(...args: readonly string[]) {
  return spawnSync("openssl", args, { encoding: "utf8" });
}

/** A call with the certificate of a client, as the files are. */
async function call(name: string): Promise<unknown> {
  const [ca, certificate, key] = await Promise.all(
    ["ca.pem", `client-${name}.pem`, `client-${name}.key`].map((file) => readFile(at(file), "utf8")),
  );
  const tls = { ...(ca && { ca }), ...(certificate && { certificate }), ...(key && { key }) };
  using client = connectClient({ address, tls });
  return await client.runs.listRuns({});
}

/** What `openssl` says, with nothing to send. */
function openssl(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile("openssl", args, { timeout: 10_000 }, (_error, out, err) => resolve(`${out}${err}`));
    child.stdin?.end();
  });
}
