import { z } from "zod";

const file = z.string().min(1).max(4096);

/** How the server speaks TLS. */
export const tlsSchema = z
  .strictObject({
    certificate: file.describe(
      "The server's certificate in PEM, then those that lead to its CA; relative to the configuration file, as all of these.",
    ),
    key: file.describe("Its private key in PEM, without a passphrase, in a file that nobody else may read."),
    client_ca: file.optional().describe("The CAs that clients' certificates have to be signed by, in PEM."),
    client_certificates: z
      .enum(["required", "none"])
      .default("required")
      .describe(
        "required: nobody gets in without a certificate of client_ca, and it is the credential. none: the token is.",
      ),
    minimum_version: z.enum(["TLSv1.2", "TLSv1.3"]).default("TLSv1.3").describe("Oldest version that is spoken."),
  })
  .describe("TLS on TCP; see docs/tls.md. Files that change are read again.");

/** With what the commands call a server that speaks TLS. */
export const clientSchema = z
  .strictObject({
    ca: file.optional().describe("The CAs that the server's certificate has to be signed by, in PEM."),
    certificate: file.optional().describe("The client's certificate in PEM."),
    key: file.optional().describe("Its private key in PEM, in a file that nobody else may read."),
  })
  .describe("With what commands call a server over TLS, relative to the configuration file.");

/** A configuration of TLS with all defaults filled in. */
export type TlsConfiguration = z.output<typeof tlsSchema>;
