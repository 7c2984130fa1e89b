import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const at =
  (file: string) =>
  (name: string, change: Change, tests: string): Mutant =>
    mutant(name, "P7", { file: `src/${file}.ts`, change, tests });

const [options, server, problems] = [
  at("api/grpc/tls/tls-options"),
  at("api/grpc/tls/tls-server"),
  at("api/grpc/tls/tls-problems"),
];
const [client, diagnosis] = [at("api/grpc/tls/client-credentials"), at("api/grpc/tls/diagnosis")];
const [probe, listener, peer] = [
  at("api/grpc/tls/asks-for-certificate"),
  at("api/grpc/listener"),
  at("api/grpc/peer-certificate"),
];
const [grpcServer, hosts] = [at("api/grpc/server"), at("api/grpc/own-hosts")];
const [pem, watch, connect] = [at("main/pem-files"), at("main/tls-watch"), at("api/grpc/certificates/certificate")];

const API = "api/tls";

/** Mistakes in how TLS is spoken. */
export const TLS_MUTANTS: readonly Mutant[] = [
  options(
    "no-client-certificate-is-asked-for",
    ['requestCert: tls.clientCertificates === "required",', "requestCert: false,"],
    `${API}/handshakes`,
  ),
  options(
    "a-client-certificate-is-asked-for-and-none-is-taken-as-well",
    ['rejectUnauthorized: tls.clientCertificates === "required",', "rejectUnauthorized: false,"],
    `${API}/handshakes`,
  ),
  options("tls-sessions-are-resumed", [" | constants.SSL_OP_NO_TICKET", ""], `${API}/handshakes`),
  options(
    "tls-1-2-is-spoken-where-1-3-was-said",
    ['minimumVersion = "TLSv1.3"', 'minimumVersion = "TLSv1.2"'],
    `${API}/handshakes`,
  ),
  probe(
    "the-own-handshake-believes-whatever-it-sees",
    ["if (saw === NO_CERTIFICATE) return;", "if (saw.length > 0) return;"],
    `${API}/server-start`,
  ),
  server(
    "a-connection-without-a-protocol-is-taken",
    ['(protocol === "h2" || alpnProtocol !== false)', "alpnProtocol !== false"],
    `${API}/handshakes`,
  ),
  server("new-files-are-put-in-force-unseen", ["      requireSoundTls(next, clock);\n", ""], `${API}/reload`),
  server(
    "the-certificate-of-a-connection-is-not-handed-on",
    ["  notePeerCertificate(socket, peerCertificate(certificate));\n", ""],
    `${API}/peer-certificate`,
  ),
  problems(
    "an-expired-certificate-is-no-problem",
    ["if (nowMs <= validToDate.getTime()) return [];", "return [];"],
    `${API}/server-start`,
  ),
  problems(
    "a-chain-in-any-order-will-do",
    ["next === undefined || isIssuedBy(certificate, next)", "true"],
    `${API}/server-start`,
  ),
  problems(
    "a-key-of-another-certificate-will-do",
    ["leaf === undefined || leaf.checkPrivateKey(read)", "true"],
    `${API}/server-start`,
  ),
  problems("a-client-ca-that-is-none-will-do", ["if (!authority.ca) {", "if (false) {"], `${API}/server-start`),
  client(
    "the-name-of-the-server-is-not-looked-at",
    [
      "checkServerIdentity: (_told, certificate) => checkServerIdentity(host, certificate),",
      "checkServerIdentity: () => undefined,",
    ],
    `${API}/handshakes`,
  ),
  client(
    "plain-bytes-are-sent-over-a-network",
    ["isLoopback(address.host) || insecure === true", "true"],
    `${API}/handshakes`,
  ),
  diagnosis(
    "a-client-without-a-certificate-is-told-that-his-is-not-taken",
    ["certificate === undefined\n", "certificate !== undefined\n"],
    `${API}/handshakes`,
  ),
  listener(
    "plain-bytes-are-taken-from-a-network",
    ["tls !== undefined || insecure === true) return;", "true) return;"],
    `${API}/server-start`,
  ),
  listener(
    "connections-count-after-their-handshake",
    ['  server.on("connection", take);\n', '  server.on("secureConnection", take);\n'],
    `${API}/slow-handshakes`,
  ),
  grpcServer("nobody-needs-a-token-over-a-network", ["    requireLoopback(address);\n", ""], `${API}/server-start`),
  peer(
    "a-name-that-looks-like-two-is-two",
    ['("(?:[^"\\\\]|\\\\.)*"|[^,"]*)', '("?[^,"]*"?)'],
    `${API}/peer-certificate`,
  ),
  hosts(
    "a-side-port-with-tls-is-called-by-any-name",
    ["said !== port) return false;", "said !== port) return true;"],
    `${API}/side-port`,
  ),
  pem(
    "a-key-that-others-may-read-is-taken",
    ["if (isKey && (mode & OTHERS_MAY) !== 0) {", "if (false) {"],
    "main/tls/tls-watch",
  ),
  watch(
    "files-are-looked-at-when-the-system-tells-alone",
    ["      this.#look();\n      this.#tellEnds();\n      this.#arm();", "      this.#arm();"],
    "main/tls/tls-watch",
  ),
  watch("what-does-not-fit-is-told-at-each-look", ["if (problem === this.#problem) return;", ""], "main/tls/tls-watch"),
  connect(
    "a-servers-certificate-is-one-of-a-ca",
    ['use === "ca" ? sequence(truth()) : sequence()', "sequence(truth())"],
    `${API}/certificates`,
  ),
];
