import { join } from "node:path";
import { CERTIFICATE_DAYS, developmentCertificates } from "#api";
import { EXIT } from "../exit-codes.ts";
import { writeNewFiles } from "../new-file.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** Flags of `certs init`. */
export interface CertificateFlags {
  readonly out?: string;
  readonly name?: readonly string[];
  readonly client?: readonly string[];
  readonly days?: number;
}

const DIRECTORY = "certs";
const CLIENT = "developer";

/**
 * `verbatim certs init`: a CA, a server's certificate and one for each client, to try TLS with.
 * @throws {Fault} INVALID_REQUEST if one of the files is there already, or a name cannot be in a certificate.
 */
export async function initCertificates(flags: CertificateFlags, { host, stdout, json }: Session): Promise<number> {
  const { out = DIRECTORY, name: hosts = [], client: clients = [CLIENT], days = CERTIFICATE_DAYS.most } = flags;
  const now = Date.parse(host.clock.now());
  const made = developmentCertificates({ now, days, hosts, clients });
  const files = made.map(({ name, text, isSecret }) => ({
    path: join(out, name),
    text,
    mode: isSecret ? 0o600 : 0o644,
  }));
  await writeNewFiles(out, files);
  const written = files.map(({ path }) => path);
  if (json) {
    await stdout.json(`${JSON.stringify({ written, days })}\n`);
    return EXIT.succeeded;
  }
  for (const path of written) await stdout.line(`Wrote ${safeText(path)}`);
  const [first = ""] = made
    .filter(({ name }) => name.startsWith("client-"))
    .map(({ name }) => name.replace(/\.pem$/, ""));
  const at = (name: string): string => safeText(join(out, name));
  await stdout.line(`They hold ${days} days. For the server, in verbatim.yaml:`);
  await stdout.line(`  tls: {certificate: ${at("server.pem")}, key: ${at("server.key")}, client_ca: ${at("ca.pem")}}`);
  await stdout.line(
    `For a client: --ca ${at("ca.pem")} --cert ${at(`${first}.pem`)} --key ${at(`${first}.key`)}. Keep ${at("ca.key")} from servers and clients.`,
  );
  return EXIT.succeeded;
}
