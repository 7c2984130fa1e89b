import { expect, test } from "vitest";
import { certifiedHosts } from "../../../src/api/grpc/own-hosts.ts";
import { Authority } from "../support/certificates.ts";

test("a port is called by the names of its certificate that an address can have, and by its own port", () => {
  const { certificate } = new Authority().pair({ hosts: ["*.example.com"] });
  const hosts = certifiedHosts("0.0.0.0:8443", () => certificate);
  expect(["a.example.com:8443", "A.EXAMPLE.com:8443"].map((host) => hosts.isOwn(host))).toEqual([true, true]);
  const others = ["a.example.com:8444", "a.example.com", "example.com:8443", "a.b.example.com:8443"];
  expect(others.filter((host) => hosts.isOwn(host))).toEqual([]);
});
