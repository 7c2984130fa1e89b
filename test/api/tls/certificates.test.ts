import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { developmentCertificates } from "#api";
import { bits, integer, oid, sequence, time } from "../../../src/api/grpc/certificates/der.ts";
import { Fault } from "#model";

const NOW = Date.UTC(2026, 5, 1);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("values in DER are written as X.690 says", () => {
  test.each([
    ["a number of one byte", integer(Buffer.from([5])), "020105"],
    ["a number with its highest bit", integer(Buffer.from([0x80])), "02020080"],
    ["a number with zeros before it", integer(Buffer.from([0, 0, 1, 0])), "02020100"],
    ["nought", integer(Buffer.from([0, 0])), "020100"],
    ["an identifier with small parts", oid("2.5.29.17"), "0603551d11"],
    ["an identifier with large parts", oid("1.2.840.10045.4.3.2"), "06082a8648ce3d040302"],
    ["bits of which some do not count", bits(Buffer.from([0x80]), 7), "03020780"],
    ["a list of nothing", sequence(), "3000"],
    ["the last moment with two digits", time(new Date("2049-12-31T23:59:59Z")), hexOf("17", "491231235959Z")],
    ["the first moment with four", time(new Date("2050-01-01T00:00:00Z")), hexOf("18", "20500101000000Z")],
  ])("%s", (_what, bytes, expected) => {
    expect(hex(bytes)).toBe(expected);
  });

  test.each([
    [127, "307f"],
    [128, "308180"],
    [255, "3081ff"],
    [256, "30820100"],
    [65_536, "3083010000"],
  ])("a content of %i bytes has the shortest length that tells it", (length, expected) => {
    expect(hex(sequence(Buffer.alloc(length)).subarray(0, expected.length / 2))).toBe(expected);
  });
});

function hexOf(tag: string, text: string): string {
  return `${tag}${text.length.toString(16).padStart(2, "0")}${Buffer.from(text).toString("hex")}`;
}

function made(options: Partial<Parameters<typeof developmentCertificates>[0]> = {}): Map<string, string> {
  const files = developmentCertificates({ now: NOW, days: 90, hosts: [], clients: ["developer"], ...options });
  return new Map(files.map(({ name, text }) => [name, text]));
}

const makeImpossible = (): unknown =>
  made({
    days: 91,
    hosts: ["a b", "999.1.1.1", "-a", "a..b", "fe80::1%eth0", `${"a".repeat(64)}.test`],
    clients: ["", "../up", "spiffe://example/", "a".repeat(65), "bob", "spiffe://example/bob", "spiffe://ä/x"],
  });

function read(files: Map<string, string>, name: string): X509Certificate {
  return new X509Certificate(files.get(name) ?? "");
}

describe("certificates for development", () => {
  test("the CA signs the others, which are none themselves", () => {
    const files = made({ clients: ["bob", "spiffe://example/ops"] });
    expect([...files.keys()]).toEqual([
      "ca.pem",
      "ca.key",
      "server.pem",
      "server.key",
      "client-bob.pem",
      "client-bob.key",
      "client-ops.pem",
      "client-ops.key",
    ]);
    const ca = read(files, "ca.pem");
    expect(ca.ca).toBe(true);
    expect(ca.verify(ca.publicKey)).toBe(true);
    for (const name of ["server.pem", "client-bob.pem", "client-ops.pem"]) {
      const certificate = read(files, name);
      expect(certificate.checkIssued(ca) && certificate.verify(ca.publicKey)).toBe(true);
      expect(certificate.ca).toBe(false);
    }
  });

  test("a server's is for its names alone, and a client's for no server", () => {
    const files = made({ hosts: ["example.test", "10.1.2.3", "fe80::1", "::ffff:1.2.3.4", "localhost"] });
    const server = read(files, "server.pem");
    expect(server.subjectAltName).toBe(
      "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:example.test, IP Address:10.1.2.3, IP Address:FE80:0:0:0:0:0:0:1, IP Address:0:0:0:0:0:FFFF:102:304",
    );
    expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(read(files, "client-developer.pem").keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  });

  test("they hold from five minutes ago for as many days as were asked for", () => {
    const server = read(made({ days: 30 }), "server.pem");
    expect(server.validFromDate).toEqual(new Date(NOW - 300_000));
    expect(server.validToDate).toEqual(new Date(NOW + 30 * 86_400_000));
  });

  test("no two have the same serial number, nor two CAs the same name", () => {
    const [one, other] = [made({ clients: ["a", "b"] }), made()];
    const serials = ["ca", "server", "client-a", "client-b"].map((name) => read(one, `${name}.pem`).serialNumber);
    expect(new Set(serials).size).toBe(4);
    expect(read(one, "ca.pem").subject).not.toBe(read(other, "ca.pem").subject);
  });

  test("everything that cannot be in a certificate is named at once", () => {
    expect(makeImpossible).toThrow(Fault);
    let violations: readonly string[] = [];
    try {
      makeImpossible();
    } catch (error) {
      violations = (error as Fault).violations.map(({ field, description }) => `${field} ${description.split(";")[0]}`);
    }
    expect(violations).toEqual([
      "days is 91",
      'name is "a b"',
      'name is "999.1.1.1"',
      'name is "-a"',
      'name is "a..b"',
      'name is "fe80::1%eth0"',
      `name is "${"a".repeat(64)}.test"`,
      'client is ""',
      'client is "../up"',
      'client is "spiffe://example/"',
      `client is "${"a".repeat(65)}"`,
      'client is "spiffe://example/bob"',
      'client is "spiffe://ä/x"',
    ]);
  });
});
