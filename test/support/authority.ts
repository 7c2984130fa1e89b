import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate authority of a test's own, and a certificate of it for 127.0.0.1 and localhost. */
export interface Authority {
  /** File with the authority's certificate, PEM. */
  readonly caFile: string;
  readonly key: string;
  readonly cert: string;
}

/** Makes an authority with OpenSSL in a directory. */
export function makeAuthority(directory: string): Authority {
  const at = (name: string): string => join(directory, name);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
    "-days",
    "2",
    "-subj",
    "/CN=a test",
  );
  openssl("req", ...newKey, "-keyout", at("server.key"), "-out", at("server.csr"), "-subj", "/CN=localhost");
  writeFileSync(at("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  openssl("x509", "-req", "-in", at("server.csr"), ...signed, "-extfile", at("names"), "-out", at("server.pem"));
  const read = (name: string): string => readFileSync(at(name), "utf8");
  return { caFile: at("ca.pem"), key: read("server.key"), cert: read("server.pem") };
}

function openssl(...words: readonly string[]): void {
  execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"] });
}
