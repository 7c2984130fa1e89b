import { Fault } from "#model";
import type { CertificateRule } from "./identity-options.ts";
import type { PeerCertificate, Principal } from "./principal.ts";

/**
 * Whom a verified certificate stands for; undefined if nobody has said.
 * @throws {Fault} UNAUTHENTICATED if it stands for two.
 */
export function certificatePrincipal(
  certificate: PeerCertificate,
  rules: readonly CertificateRule[],
): Principal | undefined {
  const fitting = rules.filter((rule) => fits(rule, certificate));
  const [rule] = fitting;
  if (rule === undefined) return undefined;
  if (fitting.length > 1) {
    const cause = new Error(`certificate ${certificate.fingerprint} fits ${fitting.length} entries`);
    throw new Fault("UNAUTHENTICATED", "The certificate of the call is not accepted here.", { cause });
  }
  const { principal: name, roles, tenant } = rule;
  return { name, proven: { roles: new Set(roles), bounded: true, ...(tenant !== undefined && { tenant }) } };
}

function fits({ uri, dns, commonName }: CertificateRule, certificate: PeerCertificate): boolean {
  if (uri !== undefined) return certificate.uriSans.includes(uri);
  if (dns !== undefined) return certificate.dnsSans.includes(dns);
  return commonName !== undefined && certificate.commonName === commonName;
}
