import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { connectClient } from "#api";
import { Access } from "../../../src/api/grpc/access/access.ts";
import { parseAddress } from "../../../src/api/grpc/address.ts";
import { CallBudgets } from "../../../src/api/grpc/call-budgets.ts";
import type { CallContext } from "../../../src/api/grpc/call-context.ts";
import { alternativeNames, peerCertificate } from "../../../src/api/grpc/peer-certificate.ts";
import { startTransport } from "../../../src/api/grpc/transport.ts";
import { Authority, clientTls, mutualMaterial } from "../support/certificates.ts";
import { startHouse, systemClock } from "../support/house.ts";
import { probeService, verified } from "../support/probe.ts";

const authority = new Authority();

describe("what a certificate says of its holder", () => {
  test("names of each kind are kept apart", () => {
    const { certificate } = authority.client("bob", { hosts: ["a.test", "127.0.0.1"], uris: ["spiffe://x/y"] });
    expect(peerCertificate(new X509Certificate(certificate))).toMatchObject({
      commonName: "bob",
      dnsSans: ["a.test"],
      uriSans: ["spiffe://x/y"],
    });
  });

  test("a name that looks like two is one", () => {
    const { certificate } = authority.client("bob", { uris: ['spiffe://x/y, URI:spiffe://x/admin"\\'] });
    expect(peerCertificate(new X509Certificate(certificate)).uriSans).toEqual([
      'spiffe://x/y, URI:spiffe://x/admin"\\',
    ]);
  });

  test("a common name with a line end is no second attribute", () => {
    const { certificate } = authority.client("bob\nCN=admin");
    expect(peerCertificate(new X509Certificate(certificate)).commonName).toBe("bob\nCN=admin");
  });

  test("a text that is not wholly understood has no names", () => {
    expect(alternativeNames('URI:a, URI:"b')).toEqual([]);
    expect(alternativeNames("")).toEqual([]);
  });
});

test("a call knows the certificate of its connection, and whoever decides who calls is told of it", async () => {
  const seen: CallContext[] = [];
  const told: unknown[] = [];
  await using stack = new AsyncDisposableStack();
  const transport = await startTransport({
    address: parseAddress("127.0.0.1:0"),
    services: [
      probeService({
        verifyRun: (_request, context) => {
          seen.push(context);
          return Promise.resolve(verified(1));
        },
      }),
    ],
    clock: systemClock,
    authenticate: (_authorization, certificate) => {
      told.push(certificate);
      return { name: "probe" };
    },
    budgets: new CallBudgets(systemClock),
    access: new Access({ clock: systemClock, onDenied: () => undefined }),
    onInternalError: () => undefined,
    tls: { material: mutualMaterial(authority), clientCertificates: "required" },
  });
  stack.defer(() => transport.drain({ graceMs: 0 }));
  const bob = authority.client("bob");
  using client = connectClient({ address: transport.address, tls: clientTls(authority, bob) });
  await client.evidence.verifyRun({ runId: "run-1" });
  const expected = peerCertificate(new X509Certificate(bob.certificate));
  expect(seen[0]?.peerCertificate).toEqual(expected);
  expect(told).toEqual([expected]);
});

test("a call over a connection without a certificate has none", async () => {
  const { certificate, key } = authority.pair();
  const token = "t".repeat(43);
  const tls = { material: { certificate, key }, clientCertificates: "none" } as const;
  await using house = await startHouse({ address: "127.0.0.1:0", tls, token });
  const bob = clientTls(authority, authority.client("bob")); // not asked for: it is not shown
  using client = connectClient({ address: house.server.address, tls: bob });
  await expect(client.executor.listStepTypes({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});
