import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TlsMaterial } from "#api";
import { Fault } from "#model";
import { RefusedHandshakes } from "../../../src/main/refused-handshakes.ts";
import { readTlsFiles, serverTls, tlsFiles } from "../../../src/main/server-tls.ts";
import { TlsWatch } from "../../../src/main/tls-watch.ts";
import { tlsSchema } from "../../../src/main/tls-configuration.ts";
import { Authority, mutualMaterial } from "../../api/support/certificates.ts";
import type { PairOptions } from "../../api/support/certificates.ts";
import { until } from "../../api/support/probe.ts";
import type { ScratchDirectory } from "../../support/scratch-directory.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";

const authority = new Authority();
const tls = tlsSchema.parse({ certificate: "server.pem", key: "server.key", client_ca: "ca.pem" });
let scratch: ScratchDirectory;
let told: { readonly event: string; readonly facts: Readonly<Record<string, unknown>> }[];
let replaced: TlsMaterial[];
const watches: TlsWatch[] = [];
const log = (event: string, facts: Readonly<Record<string, unknown>>): void => void told.push({ event, facts });
const events = (): readonly string[] => told.map(({ event }) => event);

beforeEach(async () => {
  scratch = await scratchDirectory();
  [told, replaced] = [[], []];
});
afterEach(async () => {
  for (const watch of watches.splice(0)) watch[Symbol.dispose]();
  await scratch[Symbol.asyncDispose]();
});

/** Puts files whole in their places, as whoever renews certificates does. */
function put(material: TlsMaterial, directory = scratch.path): TlsMaterial {
  const files = { "server.pem": material.certificate, "server.key": material.key, "ca.pem": material.clientCa ?? "" };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(directory, `${name}.new`), text, { mode: 0o600 });
    renameSync(join(directory, `${name}.new`), join(directory, name));
  }
  return material;
}

function watching(options: PairOptions = {}, lookSeconds = 3600, refuse?: () => string | undefined): void {
  const material = put(mutualMaterial(authority, options));
  const server = {
    replaceTls: (next: TlsMaterial): void => {
      const why = refuse?.();
      if (why !== undefined) throw new Fault("INVALID_CONFIGURATION", why);
      replaced.push(next);
    },
  };
  watches.push(new TlsWatch({ files: tlsFiles(tls, scratch.path), material, server, log, lookSeconds }));
}

describe("files that change", () => {
  test("are taken when the system tells of the change, all of them together", async () => {
    watching();
    const next = put(mutualMaterial(authority, { hosts: ["new.test"] }));
    await until(() => replaced.length > 0, "the change");
    expect(replaced).toEqual([next]);
    expect(events()).toEqual(["tls.reloaded"]);
  });

  test("are taken as well where the system tells of nothing, as behind a link", async () => {
    const elsewhere = join(scratch.path, "elsewhere");
    mkdirSync(elsewhere);
    watching({}, 0.05);
    put(mutualMaterial(authority), elsewhere);
    rmSync(join(scratch.path, "server.pem"));
    symlinkSync(join(elsewhere, "server.pem"), join(scratch.path, "server.pem"));
    rmSync(join(scratch.path, "server.key"));
    symlinkSync(join(elsewhere, "server.key"), join(scratch.path, "server.key"));
    await until(() => replaced.length === 1, "the links");
    const next = put(mutualMaterial(authority, { hosts: ["new.test"] }), elsewhere);
    await until(() => replaced.at(-1)?.certificate === next.certificate, "the change behind the links");
  });

  test("and do not fit leave those before in force, which is told once until they fit", async () => {
    let why: string | undefined = "the key does not belong to it";
    watching({}, 0.02, () => why);
    const next = put(mutualMaterial(authority, { hosts: ["new.test"] }));
    await until(() => told.length > 0, "word of it");
    expect(replaced).toEqual([]);
    why = undefined;
    await until(() => replaced.length > 0, "files that fit");
    expect(replaced).toEqual([next]);
    expect(events()).toEqual(["tls.refused", "tls.reloaded"]);
    expect(told[0]?.facts["problem"]).toBe("the key does not belong to it");
  });

  test("and can be read by others, or are gone, are not taken", async () => {
    watching({}, 0.02);
    chmodSync(join(scratch.path, "server.key"), 0o644);
    await until(() => told.length > 0, "word of the mode");
    rmSync(join(scratch.path, "ca.pem"));
    await until(() => told.length > 1, "word of the missing file");
    expect(replaced).toEqual([]);
    expect(told.map(({ facts }) => facts["problem"])).toEqual([
      expect.stringContaining("tls.key  has mode 0644"),
      expect.stringMatching(/tls\.key {2}has mode 0644[^]*tls\.client_ca {2}cannot be read/),
    ]);
  });
});

describe("a certificate that ends", () => {
  test.each([
    [13.5, ["tls.expires"]],
    [14.5, []],
    [-0.5, ["tls.expired"]],
  ])("in %d days is told of at the start as %j", (toDays, expected) => {
    watching({ toDays });
    expect(events()).toEqual(expected);
    for (const { facts } of told) {
      expect(facts).toMatchObject({ field: "tls.certificate", subject: "CN=test server" });
      expect(facts["days_left"]).toBe(Math.floor(toDays));
    }
  });

  test("is told of once a day and not at each look", async () => {
    let looks = 0;
    watching({ toDays: 3 }, 0.02, () => `look ${(looks += 1)}`);
    put(mutualMaterial(authority, { toDays: 3 }));
    await until(() => looks > 5, "some looks");
    expect(events().filter((event) => event === "tls.expires")).toHaveLength(1);
  });
});

const loaded = (members: object) => ({ tls: tlsSchema.parse({ ...tls, ...members }), base: scratch.path });

describe("the files that the configuration names", () => {
  test("are read relative to it, with what it says about them", () => {
    const material = put(mutualMaterial(authority));
    expect(serverTls(loaded({}))).toEqual({ material, clientCertificates: "required", minimumVersion: "TLSv1.3" });
    expect(serverTls({ tls: undefined, base: scratch.path })).toBeUndefined();
    expect(readTlsFiles(tlsFiles(tls, scratch.path))).toEqual(material);
  });

  test.each([0o640, 0o604, 0o660])("a key of mode %o is refused together with every other problem", (mode) => {
    put(mutualMaterial(authority, { toDays: -0.5 }));
    chmodSync(join(scratch.path, "server.key"), mode);
    rmSync(join(scratch.path, "ca.pem"));
    const violations = [
      { field: "tls.key", description: expect.stringContaining(`has mode 0${mode.toString(8)}`) },
      { field: "tls.client_ca", description: expect.stringContaining("cannot be read: ENOENT") },
      { field: "tls.certificate", description: expect.stringContaining("has expired") },
    ];
    expect(() => serverTls(loaded({}))).toThrow(expect.objectContaining({ code: "INVALID_CONFIGURATION", violations }));
  });

  test("a directory, and a file that is too large, are no certificates", () => {
    put(mutualMaterial(authority));
    expect(() => serverTls(loaded({ certificate: "." }))).toThrow("tls.certificate  is no file");
    writeFileSync(join(scratch.path, "large.pem"), Buffer.alloc(1024 * 1024 + 1));
    expect(() => serverTls(loaded({ client_ca: "large.pem" }))).toThrow("has 1048577 bytes");
  });

  test.each([
    [{ client_certificates: "optional" }, /required/],
    [{ minimum_version: "TLSv1.1" }, /TLSv1\.2/],
    [{ verify: false }, /verify/],
  ])("the configuration cannot say %j", (members, words) => {
    expect(tlsSchema.safeParse({ ...tls, ...members }).error?.message).toMatch(words);
  });
});

test("refused handshakes are told of at once, and those that follow by their number", () => {
  using refused = new RefusedHandshakes(log);
  for (let at = 0; at < 1000; at += 1) refused.take(`10.0.0.1:${at}`, "CERT_HAS_EXPIRED");
  expect(told).toHaveLength(1);
  refused[Symbol.dispose]();
  expect(told.map(({ facts }) => facts)).toEqual([
    { count: 1, peer: "10.0.0.1:0", why: "CERT_HAS_EXPIRED" },
    { count: 999, peer: "10.0.0.1:999", why: "CERT_HAS_EXPIRED" },
  ]);
});
